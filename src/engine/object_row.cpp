#include "engine/object_row.h"

#include <charconv>
#include <system_error>

#include "base/codec.h"
#include "repo/run.h"

namespace holdfast::engine {

namespace {

constexpr std::size_t kMaxVersionBytes = 256;
constexpr std::size_t kMaxUidBytes = 256;
constexpr std::size_t kMaxManagedFieldsBytes = 4u << 20;
static_assert(kMaxManagedFieldsBytes <= repo::kMaxRowAttributeBytes);

enum Flag : std::uint8_t {
    kOwned = 1,
    kDeleting = 2,
    kBinaryUid = 4,
    kNumericVersion = 8,
    kManagedFields = 16,
};

/// The 16 bytes of a lower-case UUID in its usual form; nothing for any other text, since then
/// the text itself must be kept.
std::optional<Bytes> uuid_bytes(std::string_view uid) {
    if (uid.size() != 36) return std::nullopt;
    std::string hex;
    for (std::size_t i = 0; i < uid.size(); ++i) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash != (uid[i] == '-')) return std::nullopt;
        if (uid[i] >= 'A' && uid[i] <= 'F') return std::nullopt;
        if (!dash) hex.push_back(uid[i]);
    }
    auto bytes = base::from_hex(hex);
    if (!bytes) return std::nullopt;
    return std::move(*bytes);
}

std::string uuid_text(ByteView bytes) {
    std::string hex = base::to_hex(bytes);
    for (std::size_t at : {8u, 13u, 18u, 23u}) hex.insert(at, 1, '-');
    return hex;
}

/// The number that a canonical decimal text stands for.
std::optional<std::uint64_t> decimal(std::string_view text) {
    std::uint64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (std::to_string(value) != text) return std::nullopt;
    return value;
}

Result<void> check_length(std::string_view what, std::string_view text, std::size_t most) {
    if (text.size() <= most) return {};
    return fail(ErrorCode::InvalidArgument,
                "its {} of {} bytes is longer than the {} that are kept", what, text.size(), most);
}

}  // namespace

std::string ObjectKey::qualified_kind() const {
    return group.empty() ? kind : fmt::format("{}.{}", kind, group);
}

std::string ObjectKey::text() const {
    return ns.empty() ? fmt::format("{} {}", qualified_kind(), name)
                      : fmt::format("{} {}/{}", qualified_kind(), ns, name);
}

std::string encode_key_prefix(std::string_view group, std::string_view kind) {
    std::string bytes(group);
    bytes += '/';
    bytes += kind;
    bytes += '\0';
    return bytes;
}

std::string encode_key(const ObjectKey& key) {
    std::string bytes = encode_key_prefix(key.group, key.kind);
    bytes += key.ns;
    bytes += '\0';
    bytes += key.name;
    return bytes;
}

Result<void> check_key(const ObjectKey& key) {
    if (key.name.empty()) return fail(ErrorCode::InvalidArgument, "it has no name");
    for (const std::string* part : {&key.group, &key.kind, &key.ns, &key.name})
        if (part->find('\0') != std::string::npos)
            return fail(ErrorCode::InvalidArgument, "its kind, namespace or name has a zero byte");
    if (key.kind.empty() || key.group.find('/') != std::string::npos)
        return fail(ErrorCode::InvalidArgument, "its kind or group is none of Kubernetes");
    constexpr std::size_t kSeparators = 3;
    std::size_t bytes = key.group.size() + key.kind.size() + key.ns.size() + key.name.size();
    if (bytes + kSeparators > repo::kMaxRowKeyBytes)
        return fail(ErrorCode::InvalidArgument,
                    "its kind, namespace and name of {} bytes are longer than the {} that are kept",
                    bytes, repo::kMaxRowKeyBytes - kSeparators);
    return {};
}

Result<ObjectKey> decode_key(std::string_view bytes) {
    auto bad = [] { return fail(ErrorCode::Corrupted, "a row key is not an object's"); };
    std::size_t slash = bytes.find('/');
    if (slash == std::string_view::npos) return bad();
    std::size_t kind_end = bytes.find('\0', slash);
    if (kind_end == std::string_view::npos || kind_end == slash + 1) return bad();
    std::size_t ns_end = bytes.find('\0', kind_end + 1);
    if (ns_end == std::string_view::npos || ns_end + 1 == bytes.size()) return bad();
    ObjectKey key{.group = std::string(bytes.substr(0, slash)),
                  .kind = std::string(bytes.substr(slash + 1, kind_end - slash - 1)),
                  .ns = std::string(bytes.substr(kind_end + 1, ns_end - kind_end - 1)),
                  .name = std::string(bytes.substr(ns_end + 1))};
    if (key.name.find('\0') != std::string::npos) return bad();
    return key;
}

Result<Bytes> encode_facts(const ObjectFacts& facts) {
    TRY(check_length("API version", facts.version, kMaxVersionBytes));
    TRY(check_length("resourceVersion", facts.resource_version, kMaxVersionBytes));
    TRY(check_length("uid", facts.uid, kMaxUidBytes));
    TRY(check_length("managedFields", facts.managed_fields, kMaxManagedFieldsBytes));
    auto uid = uuid_bytes(facts.uid);
    auto version = decimal(facts.resource_version);
    auto flags = (facts.owned ? kOwned : 0) | (facts.deleting ? kDeleting : 0) |
                 (uid ? kBinaryUid : 0) | (version ? kNumericVersion : 0) |
                 (facts.managed_fields.empty() ? 0 : kManagedFields);
    base::ByteWriter writer;
    writer.u8(static_cast<std::uint8_t>(flags));
    writer.sized(facts.version);
    writer.varint(facts.size_bytes);
    writer.varint(facts.generation);
    writer.varint(static_cast<std::uint64_t>(facts.created_at));
    if (version) {
        writer.varint(*version);
    } else {
        writer.sized(facts.resource_version);
    }
    if (uid) {
        writer.raw(*uid);
    } else {
        writer.sized(facts.uid);
    }
    if (!facts.managed_fields.empty()) writer.sized(facts.managed_fields);
    Bytes bytes = writer.take();
    if (bytes.size() > repo::kMaxRowAttributeBytes)
        return fail(ErrorCode::InvalidArgument,
                    "its metadata of {} bytes is longer than the {} that are kept", bytes.size(),
                    repo::kMaxRowAttributeBytes);
    return bytes;
}

Result<ObjectFacts> decode_facts(ByteView bytes) {
    base::ByteReader reader(bytes);
    ObjectFacts facts;
    std::uint8_t flags = TRY(reader.u8());
    facts.owned = (flags & kOwned) != 0;
    facts.deleting = (flags & kDeleting) != 0;
    facts.version = TRY(reader.text(kMaxVersionBytes));
    facts.size_bytes = TRY(reader.varint());
    facts.generation = TRY(reader.varint());
    facts.created_at = static_cast<std::int64_t>(TRY(reader.varint()));
    if ((flags & kNumericVersion) != 0) {
        facts.resource_version = std::to_string(TRY(reader.varint()));
    } else {
        facts.resource_version = TRY(reader.text(kMaxVersionBytes));
    }
    if ((flags & kBinaryUid) != 0) {
        facts.uid = uuid_text(TRY(reader.raw(16)));
    } else {
        facts.uid = TRY(reader.text(kMaxUidBytes));
    }
    if ((flags & kManagedFields) != 0)
        facts.managed_fields = TRY(reader.text(kMaxManagedFieldsBytes));
    TRY(reader.expect_end());
    return facts;
}

}  // namespace holdfast::engine

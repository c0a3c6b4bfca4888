#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/log.h"
#include "base/random.h"
#include "crypto/key_protector.h"
#include "crypto/secret.h"
#include "repo/core.h"
#include "repo/environment.h"
#include "repo/header.h"
#include "repo/ids.h"
#include "repo/key_store.h"
#include "repo/names.h"
#include "repo/repository.h"
#include "repo/vault_keys.h"
#include "store/store.h"

// Making, finding and opening vaults.
namespace holdfast::repo {
namespace {

constexpr std::size_t kMaxVaults = 10000;
constexpr std::uint32_t kFirstEpoch = 1;
constexpr std::string_view kHexDigits = "0123456789abcdef";

struct HeaderCopy {
    Bytes bytes;
    VaultHeader header;
};

/// The copies of the header that can be parsed. Only when none can, an error.
Result<std::vector<HeaderCopy>> read_headers(store::Store& store) {
    std::vector<HeaderCopy> copies;
    std::optional<Error> failure;
    for (const std::string_view name : names::kHeaders) {
        auto bytes = store.get(name);
        if (!bytes && bytes.error().code == ErrorCode::NotFound) continue;
        const Bytes found = TRY(std::move(bytes), "reading {}", name);
        auto header = parse_header(found);
        if (header)
            copies.push_back({found, std::move(*header)});
        else
            failure = std::move(header).error().context(name);
    }
    if (!copies.empty()) return copies;
    if (failure) return std::unexpected(std::move(*failure));
    return fail(ErrorCode::NotFound, "there is no Holdfast vault here");
}

/// The first copy that the key authenticates.
std::optional<VaultHeader> authentic_header(const std::vector<HeaderCopy>& copies,
                                            const crypto::Key& root) {
    for (const HeaderCopy& copy : copies) {
        const VaultHeader& header = copy.header;
        const VaultKeys keys(root, header.vault_id, header.chunk_id_bytes, header.key_epoch);
        if (authenticate_header(copy.bytes, keys)) return header;
    }
    return std::nullopt;
}

/// The first name below a prefix; nothing when there is none.
Result<std::optional<std::string>> first_name(store::Store& store, const std::string& prefix) {
    std::string token;
    do {
        auto page = TRY(store.list(prefix, token, 1));
        if (!page.objects.empty()) return page.objects.front().name;
        token = std::move(page.next);
    } while (!token.empty());
    return std::nullopt;
}

Result<bool> has_header(store::Store& location, const std::string& vault_id) {
    for (const std::string_view name : names::kHeaders)
        if (TRY(store::exists(location, fmt::format("{}/{}", vault_id, name)))) return true;
    return false;
}

/// Finds vaults whose ids begin with `prefix` without walking through what they hold: takes the
/// first, then looks at every prefix that branches off from its id.
Result<void> find_below(store::Store& location, const std::string& prefix,
                        std::vector<std::string>& found) {
    const auto name = TRY(first_name(location, prefix));
    if (!name) return {};
    const std::string first = name->substr(0, name->find('/'));
    if (PointId::parse(first) && TRY(has_header(location, first))) {
        if (found.size() == kMaxVaults)
            return fail(ErrorCode::LimitExceeded, "more than {} vaults at one location",
                        kMaxVaults);
        found.push_back(first);
    }
    for (std::size_t depth = prefix.size(); depth < std::min(first.size(), PointId::kDigits);
         ++depth)
        for (const char digit : kHexDigits)
            if (digit > first[depth])
                TRY(find_below(location, first.substr(0, depth) + digit, found));
    return {};
}

}  // namespace

std::string new_vault_id(base::Random& random) {
    return names::random_part(random);
}

Result<std::vector<std::string>> find_vaults(store::Store& location) {
    std::vector<std::string> found;
    for (const char digit : kHexDigits)
        TRY(find_below(location, std::string(1, digit), found), "looking for vaults");
    std::ranges::sort(found);
    return found;
}

Result<std::unique_ptr<Repository>> Repository::create(store::Store& store,
                                                       const crypto::KeyProtector& protector,
                                                       const CreateOptions& options,
                                                       const Environment& environment) {
    if (!PointId::parse(options.vault_id) || options.chunk_id_bytes < ChunkId::kMinBytes ||
        options.chunk_id_bytes > ChunkId::kMaxBytes)
        return fail(ErrorCode::InvalidArgument,
                    "a vault id of new_vault_id() is needed, and chunk "
                    "ids of 16 to 32 bytes");
    for (const std::string_view name : names::kHeaders)
        if (TRY(store::exists(store, name), "looking for a vault"))
            return fail(ErrorCode::AlreadyExists, "there is a vault already");
    VaultHeader header;
    header.vault_id = options.vault_id;
    header.chunk_id_bytes = static_cast<std::uint8_t>(options.chunk_id_bytes);
    header.key_epoch = kFirstEpoch;
    const crypto::Key root = crypto::Key::random(environment.random);
    auto core = std::make_unique<Core>(store, header, root, environment);
    TRY(KeyStore(store).add(protector, core->keys(), "first key", environment.clock.now(),
                            environment.random),
        "making the vault");
    // The header comes last: a vault that has one can be opened.
    const Bytes bytes = encode_header(header, core->keys());
    for (const std::string_view name : names::kHeaders)
        TRY(store.create(name, bytes), "making the vault");
    return std::make_unique<Repository>(std::move(core));
}

Result<std::unique_ptr<Repository>> Repository::open(store::Store& store,
                                                     const crypto::KeyProtector& protector,
                                                     const Environment& environment) {
    const auto copies = TRY(read_headers(store));
    // A flipped bit may have given one copy another vault id.
    std::vector<std::string> vault_ids;
    for (const HeaderCopy& copy : copies) vault_ids.push_back(copy.header.vault_id);
    std::optional<VaultHeader> header;
    const auto fits = [&](const crypto::Key& key) {
        header = authentic_header(copies, key);
        return header.has_value();
    };
    const crypto::Key root = TRY(KeyStore(store).unwrap(protector, vault_ids, fits));
    TRY(check_features(header->features));
    if (must_not_write(header->features))
        base::log::warning("a newer Holdfast wrote this vault: it is opened read-only");
    auto core = std::make_unique<Core>(store, std::move(*header), root, environment);
    return std::make_unique<Repository>(std::move(core));
}

}  // namespace holdfast::repo

#include "repo/key_wrap.h"

#include <algorithm>
#include <string_view>

#include "base/codec.h"
#include "crypto/key_protector.h"
#include "crypto/mac.h"
#include "crypto/secret.h"
#include "repo/ids.h"

namespace holdfast::repo {
namespace {

constexpr std::string_view kMagic = "HFKW";
constexpr std::size_t kMacBytes = 32;
constexpr std::size_t kChecksumBytes = 8;
constexpr std::size_t kIdDigits = 16;
constexpr std::size_t kMaxKindBytes = 32;

ByteView without_checksum(ByteView bytes) {
    return bytes.first(bytes.size() - kChecksumBytes);
}

}  // namespace

Bytes encode_key_wrap(const KeyWrapRecord& record, const VaultKeys& keys) {
    base::ByteWriter writer;
    writer.raw(base::as_bytes(kMagic));
    writer.u16(kFormatVersion);
    writer.sized(record.id);
    writer.sized(record.vault_id);
    writer.sized(record.kind);
    writer.sized(record.label);
    writer.u64(static_cast<std::uint64_t>(record.created_at.time_since_epoch().count()));
    writer.u32(record.key_epoch);
    writer.sized(record.wrapped);
    writer.raw(keys.wrap_mac(writer.view()));
    writer.raw(ByteView(crypto::sha256(writer.view())).first(kChecksumBytes));
    return writer.take();
}

Result<KeyWrapRecord> parse_key_wrap(ByteView bytes) {
    if (bytes.size() > kMaxKeyWrapBytes || bytes.size() < kMacBytes + kChecksumBytes)
        return fail(ErrorCode::Corrupted, "a key wrap of {} bytes", bytes.size());
    const auto digest = crypto::sha256(without_checksum(bytes));
    if (!std::ranges::equal(ByteView(digest).first(kChecksumBytes), bytes.last(kChecksumBytes)))
        return fail(ErrorCode::Corrupted, "the key wrap's checksum does not fit");
    base::ByteReader reader(bytes.first(bytes.size() - kMacBytes - kChecksumBytes));
    if (base::as_text(TRY(reader.raw(kMagic.size()))) != kMagic)
        return fail(ErrorCode::Corrupted, "this is no key wrap");
    if (const auto version = TRY(reader.u16()); version != kFormatVersion)
        return fail(ErrorCode::Unsupported, "the key wrap has format version {}", version);
    KeyWrapRecord record;
    record.id = TRY(reader.text(kIdDigits));
    record.vault_id = TRY(reader.text(PointId::kDigits));
    record.kind = TRY(reader.text(kMaxKindBytes));
    record.label = TRY(reader.text(kMaxLabelBytes));
    record.created_at = base::Time(base::Millis(static_cast<std::int64_t>(TRY(reader.u64()))));
    record.key_epoch = TRY(reader.u32());
    record.wrapped = base::to_bytes(TRY(reader.sized(crypto::kMaxWrappedKeyBytes)));
    TRY(reader.expect_end());
    return record;
}

Result<void> authenticate_key_wrap(ByteView bytes, const VaultKeys& keys) {
    const ByteView body = without_checksum(bytes);
    const auto mac = keys.wrap_mac(body.first(body.size() - kMacBytes));
    if (!crypto::equal_in_constant_time(mac, body.last(kMacBytes)))
        return fail(ErrorCode::Corrupted, "the key wrap fails authentication");
    return {};
}

}  // namespace holdfast::repo

#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/file.h"
#include "base/random.h"
#include "base/scope.h"
#include "base/text.h"
#include "crypto/key_protector.h"
#include "crypto/mac.h"
#include "crypto/secret.h"
#include "crypto/wrapping.h"

namespace holdfast::crypto {
namespace {

constexpr std::size_t kMaxKeyFileBytes = 4096;
constexpr std::size_t kChecksumDigits = 8;
constexpr std::string_view kKeyWord = "holdfast-key-1";
constexpr std::string_view kRootWord = "holdfast-root-key-1";

std::string checksum(std::string_view word, ByteView key) {
    Bytes message = base::to_bytes(word);
    base::append(message, key);
    const std::string digits = base::to_hex(sha256(message)).substr(0, kChecksumDigits);
    wipe(message);
    return digits;
}

std::string key_line(std::string_view word, const Key& key) {
    return fmt::format("{}:{}:{}\n", word, base::to_hex(key.view()), checksum(word, key.view()));
}

Result<Key> parse_key_line(std::string_view line, std::string_view word) {
    const auto parts = base::split(line, ':');
    if (parts.size() != 3 || parts[0] != word || parts[1].size() != 64)
        return fail(ErrorCode::Corrupted, "the key is cut short or is not of the form {}:…", word);
    auto bytes = base::from_hex(parts[1]);
    if (!bytes) return fail(ErrorCode::Corrupted, "the key has a character that is no hex digit");
    Key key(std::span<const std::byte, 32>(bytes->data(), 32));
    wipe(*bytes);
    if (checksum(word, key.view()) != parts[2])
        return fail(ErrorCode::Corrupted, "the key was changed: its checksum does not fit");
    return key;
}

/// The first line that is no comment.
Result<std::string_view> key_line_of(std::string_view text) {
    for (std::string_view line : base::split(text, '\n')) {
        line = base::trim(line);
        if (!line.empty() && !line.starts_with('#')) return line;
    }
    return fail(ErrorCode::Corrupted, "there is no key in it");
}

Result<std::string> read_private(const std::string& path) {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0)
        return std::unexpected(base::errno_error(errno, fmt::format("reading key file {}", path)));
    if ((info.st_mode & 077) != 0)
        return fail(ErrorCode::PermissionDenied,
                    "key file {} can be used by others: run chmod 600 {}", path, path);
    return base::read_file(path, kMaxKeyFileBytes);
}

}  // namespace

std::string KeyFileProtector::to_text(const Key& key) {
    return "# Holdfast vault key. Whoever has it can read the vault; without it nobody can.\n"
           "# Keep a copy in a safe place, away from the vault.\n" +
           key_line(kKeyWord, key);
}

Result<Key> KeyFileProtector::from_text(std::string_view text) {
    return parse_key_line(TRY(key_line_of(text)), kKeyWord);
}

Result<KeyFileProtector> KeyFileProtector::create(const std::string& path, base::Random& random) {
    Key key = Key::random(random);
    std::string text = to_text(key);
    const base::Scope forget([&] { wipe(std::as_writable_bytes(std::span(text))); });
    TRY(base::create_file(path, text, base::FileMode::Private), "making key file {}", path);
    return KeyFileProtector(std::move(key));
}

Result<KeyFileProtector> KeyFileProtector::load(const std::string& path) {
    std::string text = TRY(read_private(path));
    const base::Scope forget([&] { wipe(std::as_writable_bytes(std::span(text))); });
    return KeyFileProtector(TRY(from_text(text), "key file {}", path));
}

Result<Bytes> KeyFileProtector::wrap(const Key& root, std::string_view context,
                                     base::Random& random) const {
    return wrap_root_key(key_, root, kind(), context, random);
}

Result<Key> KeyFileProtector::unwrap(ByteView wrapped, std::string_view context) const {
    auto root = unwrap_root_key(key_, wrapped, kind(), context);
    if (!root) return fail(ErrorCode::PermissionDenied, "this key file is not of this vault");
    return root;
}

std::string RootKeyProtector::to_text(const Key& root) {
    return "# Holdfast root key: opens its vault even when every key wrap is lost or removed.\n"
           "# It cannot be revoked. Keep it in a safe.\n" +
           key_line(kRootWord, root);
}

Result<Key> RootKeyProtector::from_text(std::string_view text) {
    return parse_key_line(TRY(key_line_of(text)), kRootWord);
}

Result<Bytes> RootKeyProtector::wrap(const Key&, std::string_view, base::Random&) const {
    return fail(ErrorCode::InvalidArgument, "an exported root key cannot wrap a vault's key");
}

Result<Key> RootKeyProtector::unwrap(ByteView, std::string_view) const {
    return root_;
}

Result<std::unique_ptr<KeyProtector>> load_key_file(const std::string& path) {
    std::string text = TRY(read_private(path));
    const base::Scope forget([&] { wipe(std::as_writable_bytes(std::span(text))); });
    const std::string_view line = TRY(key_line_of(text), "key file {}", path);
    std::unique_ptr<KeyProtector> protector;
    if (line.starts_with(kRootWord))
        protector = std::make_unique<RootKeyProtector>(
            TRY(parse_key_line(line, kRootWord), "key file {}", path));
    else
        protector = std::make_unique<KeyFileProtector>(
            TRY(parse_key_line(line, kKeyWord), "key file {}", path));
    return protector;
}

}  // namespace holdfast::crypto

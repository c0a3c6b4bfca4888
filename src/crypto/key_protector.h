#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/scrypt.h"
#include "crypto/secret.h"

namespace holdfast::crypto {

/// The longest wrapped key that any protector may make.
inline constexpr std::size_t kMaxWrappedKeyBytes = 8192;

/// Wraps a vault's root key under something that a person or a service holds: a key file, a
/// passphrase, later a key of a key management service.
class KeyProtector {
public:
    virtual ~KeyProtector() = default;

    /// Which kind of wrap this opens; stored beside the wrap, at most 32 characters of [a-z0-9-].
    virtual std::string_view kind() const = 0;

    /// At most kMaxWrappedKeyBytes, authenticated, bound to `context` (the vault's id).
    virtual Result<Bytes> wrap(const Key& root, std::string_view context,
                               base::Random& random) const = 0;

    /// PermissionDenied, in one sentence, when this is not the key or passphrase that wrapped it.
    virtual Result<Key> unwrap(ByteView wrapped, std::string_view context) const = 0;

    /// The root key itself, of a protector that needs no wrap to know it.
    virtual std::optional<Key> root_key() const { return std::nullopt; }
};

/// A random key in a file of mode 0600.
class KeyFileProtector final : public KeyProtector {
public:
    explicit KeyFileProtector(Key key) : key_(std::move(key)) {}

    /// Makes a new key and its file; AlreadyExists rather than overwrite one.
    static Result<KeyFileProtector> create(const std::string& path, base::Random& random);
    /// PermissionDenied when others may use the file, Corrupted when its text was cut or changed.
    static Result<KeyFileProtector> load(const std::string& path);

    /// The text of a key file: a comment for people and one line with a checksum.
    static std::string to_text(const Key& key);
    static Result<Key> from_text(std::string_view text);

    std::string_view kind() const override { return "key-file"; }
    Result<Bytes> wrap(const Key& root, std::string_view context,
                       base::Random& random) const override;
    Result<Key> unwrap(ByteView wrapped, std::string_view context) const override;

private:
    Key key_;
};

/// An exported root key: opens its vault even when every wrap is lost. Keep it in a safe.
class RootKeyProtector final : public KeyProtector {
public:
    explicit RootKeyProtector(Key root) : root_(std::move(root)) {}

    /// The text of an exported key: as a key file, but with another first word.
    static std::string to_text(const Key& root);
    static Result<Key> from_text(std::string_view text);

    std::string_view kind() const override { return "root"; }
    Result<Bytes> wrap(const Key& root, std::string_view context,
                       base::Random& random) const override;
    Result<Key> unwrap(ByteView wrapped, std::string_view context) const override;
    std::optional<Key> root_key() const override { return root_; }

private:
    Key root_;
};

/// The protector that a file holds: a key file or an exported root key.
Result<std::unique_ptr<KeyProtector>> load_key_file(const std::string& path);

/// A passphrase, stretched with scrypt.
class PassphraseProtector final : public KeyProtector {
public:
    explicit PassphraseProtector(std::string passphrase, ScryptCost cost = {})
        : passphrase_(std::move(passphrase)), cost_(cost) {}
    ~PassphraseProtector() override;
    PassphraseProtector(const PassphraseProtector&) = delete;
    PassphraseProtector& operator=(const PassphraseProtector&) = delete;

    std::string_view kind() const override { return "passphrase"; }
    Result<Bytes> wrap(const Key& root, std::string_view context,
                       base::Random& random) const override;
    Result<Key> unwrap(ByteView wrapped, std::string_view context) const override;

private:
    std::string passphrase_;
    ScryptCost cost_;
};

}  // namespace holdfast::crypto

#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace holdfast::crypto {

/// Seals small texts that leave the process and come back: secrets at rest, page tokens, session
/// tokens. Each has a purpose, which decides its key, and a context, such as the row that holds it:
/// what was sealed for one is nothing to another. Every method may be called from any thread.
class Sealer {
public:
    /// `random` outlives it.
    Sealer(Key key, base::Random& random) : key_(std::move(key)), random_(random) {}

    /// URL-safe base64 without padding.
    std::string seal(std::string_view purpose, std::string_view context,
                     std::string_view text) const;
    /// InvalidArgument for what this key did not seal for that purpose and context.
    Result<std::string> open(std::string_view purpose, std::string_view context,
                             std::string_view sealed) const;

private:
    Key key_;
    base::Random& random_;
};

}  // namespace holdfast::crypto

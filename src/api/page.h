#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/api_error.h"
#include "api/call.h"
#include "base/clock.h"
#include "crypto/sealer.h"
#include "meta/job_table.h"

namespace holdfast::api {

inline constexpr std::int64_t kMaxPage = 1000;

/// Where a list goes on: after the last sort key of the page before. Tokens are sealed with the
/// operation, the caller's place and the filter, so that one of another list is refused.
class Pages {
public:
    /// `filter` is everything that decides what the list holds.
    Pages(const crypto::Sealer& sealer, const Call& call, std::string_view filter);

    /// Empty for the first page.
    Answer<std::string> after(const std::optional<std::string>& token) const;
    std::string token(std::string_view last_key) const;
    /// For lists that are sorted by creation: the key that was last, as token() got it from
    /// key_text(); the beginning of the list for the first page.
    Answer<meta::ListKey> list_key(const std::optional<std::string>& token) const;
    static std::string key_text(base::Time created_at, std::string_view id);

private:
    const crypto::Sealer& sealer_;
    std::string context_;
};

}  // namespace holdfast::api

#pragma once

#include <optional>
#include <utility>

#include "api/api_error.h"
#include "meta/database.h"

namespace holdfast::api {

namespace detail {

/// Runs `work` in a transaction that only a success commits.
template <class Transact, class Work>
auto transact(Transact transact_in, const Work& work)
    -> decltype(work(std::declval<meta::Session&>())) {
    std::optional<decltype(work(std::declval<meta::Session&>()))> answer;
    auto done = transact_in([&](meta::Session& session) -> Result<void> {
        answer.emplace(work(session));
        if (*answer) return {};
        return fail(ErrorCode::Cancelled, "refused");
    });
    if (!done && (!answer || *answer)) return std::unexpected(ApiError(std::move(done).error()));
    return std::move(*answer);
}

}  // namespace detail

/// `work(session)` gives an Answer; nothing of what it did happened when that is a refusal.
template <class Work>
auto in_write(meta::Database& database, const Work& work) {
    return detail::transact([&](const auto& inner) { return database.write(inner); }, work);
}
template <class Work>
auto in_read(meta::Database& database, const Work& work) {
    return detail::transact([&](const auto& inner) { return database.read(inner); }, work);
}

}  // namespace holdfast::api

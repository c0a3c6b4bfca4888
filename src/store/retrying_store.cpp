#include "store/retrying_store.h"

#include <algorithm>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"

namespace holdfast::store {

base::Millis delay_after(const RetryPolicy& policy, int attempt, std::uint64_t random) {
    base::Millis delay = std::min(policy.first_delay, policy.longest_delay);
    for (int i = 1; i < attempt && delay < policy.longest_delay; ++i)
        delay = std::min(delay * 2, policy.longest_delay);
    auto half = static_cast<std::uint64_t>(delay.count() / 2);
    return delay - base::Millis(static_cast<std::int64_t>(random % (half + 1)));
}

RetryingStore::RetryingStore(Store& inner, RetryPolicy policy, base::Clock& clock,
                             base::Random& random, std::stop_token stop)
    : inner_(inner), policy_(policy), clock_(clock), random_(random), stop_(std::move(stop)) {}

bool RetryingStore::wait_after(int attempt, const Error& error) {
    if (!error.retryable() || attempt >= policy_.tries || stop_.stop_requested()) return false;
    base::Millis delay = delay_after(policy_, attempt, random_.u64());
    base::log::debug("attempt {} of {} failed, next in {} ms: {}", attempt, policy_.tries,
                     delay.count(), error.message);
    return clock_.sleep(delay, stop_);
}

template <class F>
auto RetryingStore::retry(F attempt) -> decltype(attempt()) {
    for (int n = 1;; ++n) {
        auto result = attempt();
        if (result || !wait_after(n, result.error())) return result;
    }
}

Result<PutReceipt> RetryingStore::create(std::string_view name, ByteView bytes) {
    bool may_be_ours = false;
    auto created = retry([&] {
        auto result = inner_.create(name, bytes);
        may_be_ours = may_be_ours || (!result && result.error().retryable());
        return result;
    });
    if (created || created.error().code != ErrorCode::AlreadyExists || !may_be_ours) return created;
    auto confirmed = put(name, bytes);
    if (!confirmed && confirmed.error().code == ErrorCode::Conflict) return created;
    return confirmed;
}

Result<PutReceipt> RetryingStore::put(std::string_view name, ByteView bytes) {
    return retry([&] { return inner_.put(name, bytes); });
}

Result<Bytes> RetryingStore::get(std::string_view name) {
    return retry([&] { return inner_.get(name); });
}

Result<Bytes> RetryingStore::get(std::string_view name, Range range) {
    return retry([&] { return inner_.get(name, range); });
}

Result<ObjectInfo> RetryingStore::stat(std::string_view name) {
    return retry([&] { return inner_.stat(name); });
}

Result<ListPage> RetryingStore::list(std::string_view prefix, std::string_view token,
                                     std::size_t limit) {
    return retry([&] { return inner_.list(prefix, token, limit); });
}

Result<void> RetryingStore::remove(std::string_view name) {
    return retry([&] { return inner_.remove(name); });
}

Result<base::Time> RetryingStore::now() {
    return retry([&] { return inner_.now(); });
}

}  // namespace holdfast::store

#pragma once

#include <stop_token>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "store/store.h"

namespace holdfast::store {

/// How often, and how long apart, a failed call is attempted.
struct RetryPolicy {
    int tries = 6;
    base::Millis first_delay{200};
    base::Millis longest_delay{20'000};
};

/// The wait after failed attempt number `attempt` (the first is 1): exponential up to the longest
/// delay, of which `random` picks a point in the upper half, so that many clients spread out.
base::Millis delay_after(const RetryPolicy& policy, int attempt, std::uint64_t random);

/// Repeats calls whose error is retryable (Unavailable, Timeout), a bounded number of times, and
/// returns everything else at once: Corrupted and a failed durable write are never repeated.
///
/// An attempt that failed may still have reached the store. So after a repeated create(),
/// AlreadyExists with exactly our bytes counts as our success: callers that must know whether
/// they or somebody else created a name put something of their own into the bytes.
class RetryingStore final : public Store {
public:
    /// The references outlive the store. Waiting ends early when `stop` is requested.
    RetryingStore(Store& inner, RetryPolicy policy, base::Clock& clock, base::Random& random,
                  std::stop_token stop = {});

    Result<PutReceipt> create(std::string_view name, ByteView bytes) override;
    Result<PutReceipt> put(std::string_view name, ByteView bytes) override;
    Result<Bytes> get(std::string_view name) override;
    Result<Bytes> get(std::string_view name, Range range) override;
    Result<ObjectInfo> stat(std::string_view name) override;
    Result<ListPage> list(std::string_view prefix, std::string_view token,
                          std::size_t limit) override;
    Result<void> remove(std::string_view name) override;
    Result<base::Time> now() override;

private:
    template <class F>
    auto retry(F attempt) -> decltype(attempt());
    /// Waits after a failed attempt; false when there is to be no other.
    bool wait_after(int attempt, const Error& error);

    Store& inner_;
    RetryPolicy policy_;
    base::Clock& clock_;
    base::Random& random_;
    std::stop_token stop_;
};

}  // namespace holdfast::store

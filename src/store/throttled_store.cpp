#include "store/throttled_store.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"

namespace holdfast::store {

namespace {

constexpr std::chrono::milliseconds kBurst{250};

}  // namespace

ThrottledStore::ThrottledStore(Store& inner, ThrottleLimits limits, base::Clock& clock,
                               std::stop_token stop)
    : inner_(inner), limits_(limits), clock_(clock), stop_(std::move(stop)) {}

Result<void> ThrottledStore::pay(base::Guarded<Bucket>& bucket, std::uint64_t amount,
                                 std::uint64_t per_second) {
    if (per_second == 0 || amount == 0) return {};
    base::SteadyTime now = clock_.steady_now();
    std::chrono::duration<double> cost(static_cast<double>(amount) /
                                       static_cast<double>(per_second));
    base::SteadyTime paid_until = bucket.update([&](Bucket& b) {
        b.paid_until = std::max(b.paid_until, now - kBurst) +
                       std::chrono::duration_cast<base::SteadyTime::duration>(cost);
        return b.paid_until;
    });
    if (paid_until <= now) return {};
    if (!clock_.sleep(std::chrono::ceil<base::Millis>(paid_until - now), stop_))
        return fail(ErrorCode::Cancelled, "stopped while waiting for the rate limit");
    return {};
}

Result<PutReceipt> ThrottledStore::create(std::string_view name, ByteView bytes) {
    TRY(pay_request());
    TRY(pay_bytes(bytes.size()));
    return inner_.create(name, bytes);
}

Result<PutReceipt> ThrottledStore::put(std::string_view name, ByteView bytes) {
    TRY(pay_request());
    TRY(pay_bytes(bytes.size()));
    return inner_.put(name, bytes);
}

Result<Bytes> ThrottledStore::get(std::string_view name) {
    TRY(pay_request());
    auto bytes = inner_.get(name);
    if (bytes) TRY(pay_bytes(bytes->size()));
    return bytes;
}

Result<Bytes> ThrottledStore::get(std::string_view name, Range range) {
    TRY(pay_request());
    auto bytes = inner_.get(name, range);
    if (bytes) TRY(pay_bytes(bytes->size()));
    return bytes;
}

Result<ObjectInfo> ThrottledStore::stat(std::string_view name) {
    TRY(pay_request());
    return inner_.stat(name);
}

Result<ListPage> ThrottledStore::list(std::string_view prefix, std::string_view token,
                                      std::size_t limit) {
    TRY(pay_request());
    return inner_.list(prefix, token, limit);
}

Result<void> ThrottledStore::remove(std::string_view name) {
    TRY(pay_request());
    return inner_.remove(name);
}

Result<base::Time> ThrottledStore::now() {
    TRY(pay_request());
    return inner_.now();
}

}  // namespace holdfast::store

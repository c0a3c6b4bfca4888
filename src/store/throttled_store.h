#pragma once

#include <stop_token>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "store/store.h"

namespace holdfast::store {

/// Upper bounds of what is asked of a store; zero means unlimited.
struct ThrottleLimits {
    std::uint64_t bytes_per_second = 0;
    std::uint64_t requests_per_second = 0;
};

/// Slows callers down to the limits; a quarter of a second's worth may be used in one burst.
/// Bytes of a write are paid for before it, bytes of a read after it. Cancelled when `stop` is
/// requested while a caller waits.
class ThrottledStore final : public Store {
public:
    /// The references outlive the store.
    ThrottledStore(Store& inner, ThrottleLimits limits, base::Clock& clock,
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
    /// The moment until which everything that was let through is paid for.
    struct Bucket {
        base::SteadyTime paid_until{};
    };

    Result<void> pay(base::Guarded<Bucket>& bucket, std::uint64_t amount, std::uint64_t per_second);
    Result<void> pay_request() { return pay(requests_, 1, limits_.requests_per_second); }
    Result<void> pay_bytes(std::uint64_t bytes) {
        return pay(bytes_, bytes, limits_.bytes_per_second);
    }

    Store& inner_;
    ThrottleLimits limits_;
    base::Clock& clock_;
    std::stop_token stop_;
    base::Guarded<Bucket> bytes_;
    base::Guarded<Bucket> requests_;
};

}  // namespace holdfast::store

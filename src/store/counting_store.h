#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "store/store.h"

namespace holdfast::store {

struct StoreCounts {
    std::uint64_t writes = 0;
    std::uint64_t bytes_written = 0;
    std::uint64_t reads = 0;
    std::uint64_t bytes_read = 0;
    std::uint64_t stats = 0;
    std::uint64_t lists = 0;
    std::uint64_t removes = 0;
};

/// Counts the calls and the bytes of those that succeeded.
class CountingStore final : public Store {
public:
    explicit CountingStore(Store& inner) : inner_(inner) {}

    StoreCounts counts() {
        return counts_.update([](const StoreCounts& counts) { return counts; });
    }

    Result<PutReceipt> create(std::string_view name, ByteView bytes) override;
    Result<PutReceipt> put(std::string_view name, ByteView bytes) override;
    Result<Bytes> get(std::string_view name) override;
    Result<Bytes> get(std::string_view name, Range range) override;
    Result<ObjectInfo> stat(std::string_view name) override;
    Result<ListPage> list(std::string_view prefix, std::string_view token,
                          std::size_t limit) override;
    Result<void> remove(std::string_view name) override;
    Result<base::Time> now() override { return inner_.now(); }

private:
    void count_write(std::uint64_t bytes);
    void count_read(std::uint64_t bytes);

    Store& inner_;
    base::Guarded<StoreCounts> counts_;
};

}  // namespace holdfast::store

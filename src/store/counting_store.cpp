#include "store/counting_store.h"

#include <string_view>

#include "base/bytes.h"

namespace holdfast::store {

void CountingStore::count_write(std::uint64_t bytes) {
    counts_.update([&](StoreCounts& counts) {
        ++counts.writes;
        counts.bytes_written += bytes;
    });
}

void CountingStore::count_read(std::uint64_t bytes) {
    counts_.update([&](StoreCounts& counts) {
        ++counts.reads;
        counts.bytes_read += bytes;
    });
}

Result<PutReceipt> CountingStore::create(std::string_view name, ByteView bytes) {
    auto result = inner_.create(name, bytes);
    count_write(result ? bytes.size() : 0);
    return result;
}

Result<PutReceipt> CountingStore::put(std::string_view name, ByteView bytes) {
    auto result = inner_.put(name, bytes);
    count_write(result ? bytes.size() : 0);
    return result;
}

Result<Bytes> CountingStore::get(std::string_view name) {
    auto result = inner_.get(name);
    count_read(result ? result->size() : 0);
    return result;
}

Result<Bytes> CountingStore::get(std::string_view name, Range range) {
    auto result = inner_.get(name, range);
    count_read(result ? result->size() : 0);
    return result;
}

Result<ObjectInfo> CountingStore::stat(std::string_view name) {
    counts_.update([](StoreCounts& counts) { ++counts.stats; });
    return inner_.stat(name);
}

Result<ListPage> CountingStore::list(std::string_view prefix, std::string_view token,
                                     std::size_t limit) {
    counts_.update([](StoreCounts& counts) { ++counts.lists; });
    return inner_.list(prefix, token, limit);
}

Result<void> CountingStore::remove(std::string_view name) {
    counts_.update([](StoreCounts& counts) { ++counts.removes; });
    return inner_.remove(name);
}

}  // namespace holdfast::store

#pragma once

#include <atomic>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "store/store.h"

namespace holdfast::repo {

/// The bytes of an index run: from a file in the cache directory while there is a good one, else
/// from the store. Any method from any thread.
class RunSource {
public:
    /// `cache_dir` may be empty. Fetches the run into the cache when it is not there yet; a cache
    /// that cannot be written is done without.
    RunSource(store::Store& store, std::string name, std::uint64_t size,
              const std::string& cache_dir);
    ~RunSource();
    RunSource(const RunSource&) = delete;
    RunSource& operator=(const RunSource&) = delete;

    const std::string& name() const { return name_; }
    std::uint64_t size() const { return size_; }

    /// Exactly `length` bytes; NotFound when the run was removed meanwhile.
    Result<Bytes> read(std::uint64_t offset, std::uint64_t length) const;

    /// What was read from the cache proved wrong: never reads from it again. False when nothing
    /// came from a cache anyway.
    bool distrust_cache();

private:
    void open_cache(const std::string& cache_dir);
    Result<Bytes> read_cached(std::uint64_t offset, std::uint64_t length) const;

    store::Store& store_;
    std::string name_;
    std::uint64_t size_;
    std::string cache_path_;
    int file_ = -1;
    std::atomic<bool> use_cache_ = false;
};

}  // namespace holdfast::repo

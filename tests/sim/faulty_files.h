#pragma once

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "store/file_layer.h"

namespace holdfast::sim {

/// The calls of a file layer that a test can meddle with.
enum class FileCall { Create, Write, Read, Sync, Link, Unlink, MakeDirectory, SyncDirectory };

enum class FileFault { None, Fail, PretendSuccess, Shorten };

/// A file layer that fails, pretends or falls short where `decide` says so.
class FaultyFileLayer final : public store::FileLayer {
public:
    struct Verdict {
        FileFault fault = FileFault::None;
        int error_number = 5;  ///< EIO
    };
    using Decide = std::function<Verdict(FileCall)>;

    FaultyFileLayer(store::FileLayer& inner, Decide decide)
        : inner_(inner), decide_(std::move(decide)) {}

    Result<store::FileHandle> create(const std::string& path) override;
    Result<store::FileHandle> open(const std::string& path) override { return inner_.open(path); }
    void close(store::FileHandle file) override { inner_.close(file); }
    Result<std::size_t> write(store::FileHandle file, ByteView bytes) override;
    Result<std::size_t> read(store::FileHandle file, std::span<std::byte> into,
                             std::uint64_t offset) override;
    Result<void> sync(store::FileHandle file) override;
    Result<store::FileStatus> status(store::FileHandle file) override {
        return inner_.status(file);
    }
    Result<bool> try_lock(store::FileHandle file) override { return inner_.try_lock(file); }
    Result<store::FileStatus> status(const std::string& path) override {
        return inner_.status(path);
    }
    Result<void> link(const std::string& from, const std::string& to) override;
    Result<void> unlink(const std::string& path) override;
    Result<void> make_directory(const std::string& path) override;
    Result<void> sync_directory(const std::string& path) override;
    Result<std::vector<store::DirectoryEntry>> read_directory(const std::string& path) override {
        return inner_.read_directory(path);
    }

private:
    template <class F>
    auto attempt(FileCall call, F action) -> decltype(action());

    store::FileLayer& inner_;
    Decide decide_;
};

}  // namespace holdfast::sim

#pragma once

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "store/file_layer.h"

namespace holdfast::sim {

/// What a disk holds: directories, and files by path.
struct Disk {
    std::set<std::string> directories;
    std::map<std::string, std::shared_ptr<const Bytes>> files;
};

/// A file system in memory: fast, and buildable in any state.
class MemoryFileLayer final : public store::FileLayer {
public:
    MemoryFileLayer(Disk disk, base::Clock& clock);

    Disk disk();

    Result<store::FileHandle> create(const std::string& path) override;
    Result<store::FileHandle> open(const std::string& path) override;
    void close(store::FileHandle file) override;
    Result<std::size_t> write(store::FileHandle file, ByteView bytes) override;
    Result<std::size_t> read(store::FileHandle file, std::span<std::byte> into,
                             std::uint64_t offset) override;
    Result<void> sync(store::FileHandle file) override;
    Result<store::FileStatus> status(store::FileHandle file) override;
    Result<bool> try_lock(store::FileHandle file) override;
    Result<store::FileStatus> status(const std::string& path) override;
    Result<void> link(const std::string& from, const std::string& to) override;
    Result<void> unlink(const std::string& path) override;
    Result<void> make_directory(const std::string& path) override;
    Result<void> sync_directory(const std::string& path) override;
    Result<std::vector<store::DirectoryEntry>> read_directory(const std::string& path) override;

private:
    struct File {
        std::shared_ptr<Bytes> bytes;
        base::Time modified_at;
        int locked_by = -1;
    };
    struct State {
        std::set<std::string> directories;
        std::map<std::string, std::shared_ptr<File>> files;
        std::map<int, std::shared_ptr<File>> handles;
        int next_handle = 0;
    };

    static bool exists(const State& state, const std::string& path);
    static Result<void> check_new(const State& state, const std::string& path);
    static store::FileStatus status_of(const File& file);

    base::Clock& clock_;
    base::Guarded<State> state_;
};

}  // namespace holdfast::sim

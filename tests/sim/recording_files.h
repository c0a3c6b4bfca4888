#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/guarded.h"
#include "base/result.h"
#include "store/file_layer.h"
#include "tests/sim/memory_files.h"

namespace holdfast::sim {

/// One thing that happened to a disk, in the order of its success.
struct FileEvent {
    enum class Kind { Create, Write, Sync, Link, Unlink, MakeDirectory, SyncDirectory, Note };

    Kind kind;
    std::string path{};                            ///< the entry's path, or the text of a note
    std::size_t file = 0;                          ///< which file (not which name) it is about
    std::uint64_t offset = 0;                      ///< of a write
    std::shared_ptr<const Bytes> bytes = nullptr;  ///< of a write
};

struct Trace {
    Disk start;  ///< what was there, and durable, before the first event
    std::vector<FileEvent> events;
};

/// Passes calls on and records every successful one that changes the disk or makes it durable.
class RecordingFileLayer final : public store::FileLayer {
public:
    /// `start` is what `inner` holds now; the layer outlives this.
    RecordingFileLayer(store::FileLayer& inner, Disk start);

    /// Records that the user has been promised something at this moment.
    void note(std::string text);
    Trace trace();

    Result<store::FileHandle> create(const std::string& path) override;
    Result<store::FileHandle> open(const std::string& path) override { return inner_.open(path); }
    void close(store::FileHandle file) override;
    Result<std::size_t> write(store::FileHandle file, ByteView bytes) override;
    Result<std::size_t> read(store::FileHandle file, std::span<std::byte> into,
                             std::uint64_t offset) override {
        return inner_.read(file, into, offset);
    }
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
    struct OpenFile {
        std::size_t file = 0;
        std::uint64_t size = 0;
    };
    struct State {
        Trace trace;
        std::map<std::string, std::size_t> file_of_path;
        std::map<store::FileHandle, OpenFile> written;
        std::size_t next_file = 0;
    };

    store::FileLayer& inner_;
    base::Guarded<State> state_;
};

}  // namespace holdfast::sim

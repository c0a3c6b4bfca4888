#include "tests/sim/memory_files.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"

namespace holdfast::sim {

using store::DirectoryEntry;
using store::FileHandle;
using store::FileKind;
using store::FileStatus;

namespace {

std::string normalised(std::string path) {
    while (path.size() > 1 && (path.ends_with('/') || path.ends_with("/."))) path.pop_back();
    return path;
}

std::string parent_of(const std::string& path) {
    std::size_t slash = path.rfind('/');
    return slash == 0 || slash == path.npos ? "/" : path.substr(0, slash);
}

std::unexpected<Error> missing(const std::string& path) {
    return fail(ErrorCode::NotFound, "{}: No such file or directory", path);
}

}  // namespace

MemoryFileLayer::MemoryFileLayer(Disk disk, base::Clock& clock) : clock_(clock) {
    base::Time now = clock.now();
    state_.update([&](State& state) {
        state.directories = std::move(disk.directories);
        state.directories.insert("/");
        for (auto& [path, bytes] : disk.files) {
            // Only files that this layer itself creates are ever written to.
            auto content = std::const_pointer_cast<Bytes>(bytes);
            state.files.emplace(path, std::make_shared<File>(File{
                                          .bytes = content, .modified_at = now, .locked_by = -1}));
        }
    });
}

Disk MemoryFileLayer::disk() {
    return state_.update([](State& state) {
        Disk disk{.directories = state.directories, .files = {}};
        for (const auto& [path, file] : state.files) disk.files.emplace(path, file->bytes);
        return disk;
    });
}

bool MemoryFileLayer::exists(const State& state, const std::string& path) {
    return state.directories.contains(path) || state.files.contains(path);
}

Result<void> MemoryFileLayer::check_new(const State& state, const std::string& path) {
    if (!state.directories.contains(parent_of(path))) return missing(path);
    if (exists(state, path)) return fail(ErrorCode::AlreadyExists, "{}: File exists", path);
    return {};
}

FileStatus MemoryFileLayer::status_of(const File& file) {
    return {.kind = FileKind::Regular,
            .size_bytes = file.bytes->size(),
            .modified_at = file.modified_at};
}

Result<FileHandle> MemoryFileLayer::create(const std::string& path) {
    base::Time now = clock_.now();
    return state_.update([&](State& state) -> Result<FileHandle> {
        TRY(check_new(state, path));
        auto file = std::make_shared<File>(
            File{.bytes = std::make_shared<Bytes>(), .modified_at = now, .locked_by = -1});
        state.files.emplace(path, file);
        state.handles.emplace(state.next_handle, file);
        return FileHandle{state.next_handle++};
    });
}

Result<FileHandle> MemoryFileLayer::open(const std::string& path) {
    return state_.update([&](State& state) -> Result<FileHandle> {
        auto found = state.files.find(path);
        if (found == state.files.end()) return missing(path);
        state.handles.emplace(state.next_handle, found->second);
        return FileHandle{state.next_handle++};
    });
}

void MemoryFileLayer::close(FileHandle file) {
    state_.update([&](State& state) {
        int handle = std::to_underlying(file);
        auto found = state.handles.find(handle);
        ASSERT(found != state.handles.end());
        if (found->second->locked_by == handle) found->second->locked_by = -1;
        state.handles.erase(found);
    });
}

Result<std::size_t> MemoryFileLayer::write(FileHandle file, ByteView bytes) {
    base::Time now = clock_.now();
    return state_.update([&](State& state) -> Result<std::size_t> {
        File& target = *state.handles.at(std::to_underlying(file));
        base::append(*target.bytes, bytes);
        target.modified_at = now;
        return bytes.size();
    });
}

Result<std::size_t> MemoryFileLayer::read(FileHandle file, std::span<std::byte> into,
                                          std::uint64_t offset) {
    return state_.update([&](State& state) -> Result<std::size_t> {
        const Bytes& bytes = *state.handles.at(std::to_underlying(file))->bytes;
        if (offset >= bytes.size()) return 0;
        std::size_t size = std::min<std::size_t>(into.size(), bytes.size() - offset);
        std::memcpy(into.data(), bytes.data() + offset, size);
        return size;
    });
}

Result<void> MemoryFileLayer::sync(FileHandle) {
    return {};
}

Result<FileStatus> MemoryFileLayer::status(FileHandle file) {
    return state_.update([&](State& state) -> Result<FileStatus> {
        return status_of(*state.handles.at(std::to_underlying(file)));
    });
}

Result<bool> MemoryFileLayer::try_lock(FileHandle file) {
    return state_.update([&](State& state) -> Result<bool> {
        int handle = std::to_underlying(file);
        File& target = *state.handles.at(handle);
        if (target.locked_by != -1 && target.locked_by != handle) return false;
        target.locked_by = handle;
        return true;
    });
}

Result<FileStatus> MemoryFileLayer::status(const std::string& path) {
    return state_.update([&](State& state) -> Result<FileStatus> {
        if (state.directories.contains(normalised(path)))
            return FileStatus{.kind = FileKind::Directory, .size_bytes = 0, .modified_at = {}};
        auto found = state.files.find(path);
        if (found == state.files.end()) return missing(path);
        return status_of(*found->second);
    });
}

Result<void> MemoryFileLayer::link(const std::string& from, const std::string& to) {
    return state_.update([&](State& state) -> Result<void> {
        auto found = state.files.find(from);
        if (found == state.files.end()) return missing(from);
        TRY(check_new(state, to));
        state.files.emplace(to, found->second);
        return {};
    });
}

Result<void> MemoryFileLayer::unlink(const std::string& path) {
    return state_.update([&](State& state) -> Result<void> {
        if (state.files.erase(path) == 0) return missing(path);
        return {};
    });
}

Result<void> MemoryFileLayer::make_directory(const std::string& path) {
    return state_.update([&](State& state) -> Result<void> {
        TRY(check_new(state, path));
        state.directories.insert(path);
        return {};
    });
}

Result<void> MemoryFileLayer::sync_directory(const std::string& path) {
    return state_.update([&](State& state) -> Result<void> {
        if (!state.directories.contains(normalised(path))) return missing(path);
        return {};
    });
}

Result<std::vector<DirectoryEntry>> MemoryFileLayer::read_directory(const std::string& path) {
    return state_.update([&](State& state) -> Result<std::vector<DirectoryEntry>> {
        std::string folder = normalised(path);
        if (!state.directories.contains(folder)) return missing(path);
        folder += '/';
        std::vector<DirectoryEntry> entries;
        auto in_folder = [&](const std::string& at) {
            return at.size() > folder.size() && at.find('/', folder.size()) == at.npos;
        };
        for (auto at = state.directories.upper_bound(folder);
             at != state.directories.end() && at->starts_with(folder); ++at)
            if (in_folder(*at)) entries.push_back({at->substr(folder.size()), FileKind::Directory});
        for (auto at = state.files.upper_bound(folder);
             at != state.files.end() && at->first.starts_with(folder); ++at)
            if (in_folder(at->first))
                entries.push_back({at->first.substr(folder.size()), FileKind::Regular});
        return entries;
    });
}

}  // namespace holdfast::sim

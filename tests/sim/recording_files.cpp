#include "tests/sim/recording_files.h"

#include <utility>

#include "base/bytes.h"

namespace holdfast::sim {

using store::FileHandle;
using Kind = FileEvent::Kind;

RecordingFileLayer::RecordingFileLayer(store::FileLayer& inner, Disk start) : inner_(inner) {
    state_.update([&](State& state) {
        state.trace.start = std::move(start);
        for (const auto& [path, bytes] : state.trace.start.files)
            state.file_of_path.emplace(path, state.next_file++);
    });
}

void RecordingFileLayer::note(std::string text) {
    state_.update([&](State& state) {
        state.trace.events.push_back({.kind = Kind::Note, .path = std::move(text)});
    });
}

Trace RecordingFileLayer::trace() {
    return state_.update([](State& state) { return state.trace; });
}

Result<FileHandle> RecordingFileLayer::create(const std::string& path) {
    FileHandle handle = TRY(inner_.create(path));
    state_.update([&](State& state) {
        std::size_t file = state.next_file++;
        state.file_of_path[path] = file;
        state.written[handle] = {.file = file, .size = 0};
        state.trace.events.push_back({.kind = Kind::Create, .path = path, .file = file});
    });
    return handle;
}

void RecordingFileLayer::close(FileHandle file) {
    state_.update([&](State& state) { state.written.erase(file); });
    inner_.close(file);
}

Result<std::size_t> RecordingFileLayer::write(FileHandle file, ByteView bytes) {
    std::size_t size = TRY(inner_.write(file, bytes));
    auto copy = std::make_shared<const Bytes>(base::to_bytes(bytes.first(size)));
    state_.update([&](State& state) {
        OpenFile& target = state.written.at(file);
        state.trace.events.push_back(
            {.kind = Kind::Write, .file = target.file, .offset = target.size, .bytes = copy});
        target.size += size;
    });
    return size;
}

/// A file that is only open for reading has nothing of its own to sync: some earlier handle
/// wrote it, whose sync was recorded if there was one.
Result<void> RecordingFileLayer::sync(FileHandle file) {
    TRY(inner_.sync(file));
    state_.update([&](State& state) {
        auto target = state.written.find(file);
        if (target != state.written.end())
            state.trace.events.push_back({.kind = Kind::Sync, .file = target->second.file});
    });
    return {};
}

Result<void> RecordingFileLayer::link(const std::string& from, const std::string& to) {
    TRY(inner_.link(from, to));
    state_.update([&](State& state) {
        std::size_t file = state.file_of_path.at(from);
        state.file_of_path[to] = file;
        state.trace.events.push_back({.kind = Kind::Link, .path = to, .file = file});
    });
    return {};
}

Result<void> RecordingFileLayer::unlink(const std::string& path) {
    TRY(inner_.unlink(path));
    state_.update([&](State& state) {
        state.file_of_path.erase(path);
        state.trace.events.push_back({.kind = Kind::Unlink, .path = path});
    });
    return {};
}

Result<void> RecordingFileLayer::make_directory(const std::string& path) {
    TRY(inner_.make_directory(path));
    state_.update([&](State& state) {
        state.trace.events.push_back({.kind = Kind::MakeDirectory, .path = path});
    });
    return {};
}

Result<void> RecordingFileLayer::sync_directory(const std::string& path) {
    TRY(inner_.sync_directory(path));
    state_.update([&](State& state) {
        state.trace.events.push_back({.kind = Kind::SyncDirectory, .path = path});
    });
    return {};
}

}  // namespace holdfast::sim

#include "tests/sim/faulty_files.h"

#include <algorithm>
#include <span>

#include "base/bytes.h"
#include "base/file.h"

namespace holdfast::sim {

using store::FileHandle;

template <class F>
auto FaultyFileLayer::attempt(FileCall call, F action) -> decltype(action()) {
    Verdict verdict = decide_(call);
    if (verdict.fault == FileFault::Fail)
        return std::unexpected(base::errno_error(verdict.error_number, "injected fault"));
    if (verdict.fault == FileFault::PretendSuccess) return {};
    return action();
}

Result<FileHandle> FaultyFileLayer::create(const std::string& path) {
    return attempt(FileCall::Create, [&] { return inner_.create(path); });
}

Result<std::size_t> FaultyFileLayer::write(FileHandle file, ByteView bytes) {
    Verdict verdict = decide_(FileCall::Write);
    if (verdict.fault == FileFault::Fail)
        return std::unexpected(base::errno_error(verdict.error_number, "injected fault"));
    if (verdict.fault == FileFault::PretendSuccess) return bytes.size();
    if (verdict.fault == FileFault::Shorten)
        bytes = bytes.first(std::max<std::size_t>(1, bytes.size() / 2));
    return inner_.write(file, bytes);
}

Result<std::size_t> FaultyFileLayer::read(FileHandle file, std::span<std::byte> into,
                                          std::uint64_t offset) {
    Verdict verdict = decide_(FileCall::Read);
    if (verdict.fault == FileFault::Fail)
        return std::unexpected(base::errno_error(verdict.error_number, "injected fault"));
    if (verdict.fault == FileFault::PretendSuccess) return 0;
    if (verdict.fault == FileFault::Shorten)
        into = into.first(std::min<std::size_t>(into.size(), 1 + into.size() / 2));
    return inner_.read(file, into, offset);
}

Result<void> FaultyFileLayer::sync(FileHandle file) {
    return attempt(FileCall::Sync, [&] { return inner_.sync(file); });
}

Result<void> FaultyFileLayer::link(const std::string& from, const std::string& to) {
    return attempt(FileCall::Link, [&] { return inner_.link(from, to); });
}

Result<void> FaultyFileLayer::unlink(const std::string& path) {
    return attempt(FileCall::Unlink, [&] { return inner_.unlink(path); });
}

Result<void> FaultyFileLayer::make_directory(const std::string& path) {
    return attempt(FileCall::MakeDirectory, [&] { return inner_.make_directory(path); });
}

Result<void> FaultyFileLayer::sync_directory(const std::string& path) {
    return attempt(FileCall::SyncDirectory, [&] { return inner_.sync_directory(path); });
}

}  // namespace holdfast::sim

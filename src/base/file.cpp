#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/scope.h"

namespace holdfast::base {

namespace {

ErrorCode code_of(int number) {
    switch (number) {
        case ENOENT:
        case ENOTDIR:
            return ErrorCode::NotFound;
        case EEXIST:
            return ErrorCode::AlreadyExists;
        case EACCES:
        case EPERM:
        case EROFS:
            return ErrorCode::PermissionDenied;
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
            return ErrorCode::LimitExceeded;
        default:
            return ErrorCode::Internal;
    }
}

Result<void> write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        ssize_t written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return std::unexpected(errno_error(errno, "write"));
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<void> sync_directory_of(const std::string& path) {
    std::string parent = std::filesystem::path(path).parent_path().string();
    int fd = ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return std::unexpected(errno_error(errno, "opening the directory of " + path));
    Scope close_fd([&] { ::close(fd); });
    if (::fsync(fd) != 0)
        return std::unexpected(errno_error(errno, "syncing the directory of " + path));
    return {};
}

/// A synced file beside `path` with the text; the caller moves it into place or removes it.
Result<std::string> write_beside(const std::string& path, std::string_view text, FileMode mode) {
    static std::atomic<unsigned> counter{0};
    std::string temporary = fmt::format("{}.{}.{}.tmp", path, ::getpid(), counter++);
    int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                    mode == FileMode::Private ? 0600 : 0644);
    if (fd < 0) return std::unexpected(errno_error(errno, "creating " + temporary));
    Scope close_fd([&] { ::close(fd); });
    Scope remove_half([&] { ::unlink(temporary.c_str()); });
    TRY(write_all(fd, text), "writing {}", temporary);
    if (::fsync(fd) != 0) return std::unexpected(errno_error(errno, "syncing " + temporary));
    remove_half.dismiss();
    return temporary;
}

}  // namespace

Error errno_error(int number, std::string_view doing) {
    return {.code = code_of(number),
            .message = fmt::format("{}: {}", doing, std::generic_category().message(number))};
}

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
    int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return std::unexpected(errno_error(errno, path));
    Scope close_fd([&] { ::close(fd); });
    std::string text;
    char buffer[16384];
    while (true) {
        ssize_t got = ::read(fd, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::unexpected(errno_error(errno, "reading " + path));
        if (got == 0) return text;
        text.append(buffer, static_cast<std::size_t>(got));
        if (text.size() > max_bytes)
            return fail(ErrorCode::LimitExceeded, "{} is larger than {} bytes", path, max_bytes);
    }
}

Result<void> write_file(const std::string& path, std::string_view text, FileMode mode) {
    std::string temporary = TRY(write_beside(path, text, mode));
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
        Error error = errno_error(errno, "renaming to " + path);
        ::unlink(temporary.c_str());
        return std::unexpected(std::move(error));
    }
    return sync_directory_of(path);
}

Result<void> create_file(const std::string& path, std::string_view text, FileMode mode) {
    std::string temporary = TRY(write_beside(path, text, mode));
    int linked = ::link(temporary.c_str(), path.c_str());
    int link_errno = errno;
    ::unlink(temporary.c_str());
    if (linked != 0) return std::unexpected(errno_error(link_errno, "creating " + path));
    return sync_directory_of(path);
}

Result<void> make_directories(const std::string& path, FileMode mode) {
    std::error_code error;
    std::filesystem::path at;
    for (const auto& step : std::filesystem::path(path)) {
        at /= step;
        if (std::filesystem::is_directory(at, error)) continue;
        if (::mkdir(at.c_str(), mode == FileMode::Private ? 0700 : 0755) != 0 && errno != EEXIST)
            return std::unexpected(errno_error(errno, "making directory " + at.string()));
    }
    return {};
}

}  // namespace holdfast::base

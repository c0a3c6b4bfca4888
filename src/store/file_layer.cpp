#include "store/file_layer.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "base/scope.h"

namespace holdfast::store {

namespace {

/// Owner only: a vault is encrypted, but nobody else has any business with it.
constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;
/// The kernel moves at most 2 GiB in one call; staying well below keeps every call interruptible.
constexpr std::size_t kMaxCallBytes = std::size_t{1} << 30;

std::unexpected<Error> errno_failure(std::string_view doing, std::string_view what) {
    return std::unexpected(base::errno_error(errno, fmt::format("{} {}", doing, what)));
}

int fd_of(FileHandle file) {
    return std::to_underlying(file);
}

/// Repeats a call for as long as a signal interrupts it.
template <class F>
auto uninterrupted(F call) {
    auto result = call();
    while (result < 0 && errno == EINTR) result = call();
    return result;
}

FileStatus to_status(const struct stat& status) {
    FileKind kind = S_ISREG(status.st_mode)   ? FileKind::Regular
                    : S_ISDIR(status.st_mode) ? FileKind::Directory
                                              : FileKind::Other;
    auto since_epoch = std::chrono::seconds(status.st_mtim.tv_sec) +
                       std::chrono::nanoseconds(status.st_mtim.tv_nsec);
    return {.kind = kind,
            .size_bytes = static_cast<std::uint64_t>(status.st_size),
            .modified_at = base::Time(std::chrono::floor<base::Millis>(since_epoch))};
}

Result<FileKind> kind_of_entry(DIR* directory, const dirent& entry) {
    if (entry.d_type == DT_REG) return FileKind::Regular;
    if (entry.d_type == DT_DIR) return FileKind::Directory;
    if (entry.d_type != DT_UNKNOWN) return FileKind::Other;
    struct stat status;
    if (::fstatat(::dirfd(directory), entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) return FileKind::Other;  // removed while we looked
        return errno_failure("looking at", entry.d_name);
    }
    return to_status(status).kind;
}

}  // namespace

Result<FileHandle> PosixFileLayer::create(const std::string& path) {
    int fd = uninterrupted([&] {
        return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                      kFileMode);
    });
    if (fd < 0) return errno_failure("creating", path);
    return FileHandle{fd};
}

Result<FileHandle> PosixFileLayer::open(const std::string& path) {
    // Non-blocking, because whoever can write to the location could have put a pipe there.
    int fd = uninterrupted(
        [&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); });
    if (fd < 0) return errno_failure("opening", path);
    return FileHandle{fd};
}

void PosixFileLayer::close(FileHandle file) {
    ::close(fd_of(file));
}

Result<std::size_t> PosixFileLayer::write(FileHandle file, ByteView bytes) {
    std::size_t size = std::min(bytes.size(), kMaxCallBytes);
    ssize_t written = uninterrupted([&] { return ::write(fd_of(file), bytes.data(), size); });
    if (written < 0) return errno_failure("writing", "a file");
    return static_cast<std::size_t>(written);
}

Result<std::size_t> PosixFileLayer::read(FileHandle file, std::span<std::byte> into,
                                         std::uint64_t offset) {
    std::size_t size = std::min(into.size(), kMaxCallBytes);
    ssize_t got = uninterrupted(
        [&] { return ::pread(fd_of(file), into.data(), size, static_cast<off_t>(offset)); });
    if (got < 0) return errno_failure("reading", "a file");
    return static_cast<std::size_t>(got);
}

Result<void> PosixFileLayer::sync(FileHandle file) {
    // After one failure the kernel may have dropped the pages and report success the next time,
    // so this is never repeated, not even when interrupted.
    if (::fsync(fd_of(file)) != 0) return errno_failure("syncing", "a file");
    return {};
}

Result<FileStatus> PosixFileLayer::status(FileHandle file) {
    struct stat status;
    if (::fstat(fd_of(file), &status) != 0) return errno_failure("looking at", "a file");
    return to_status(status);
}

Result<bool> PosixFileLayer::try_lock(FileHandle file) {
    if (uninterrupted([&] { return ::flock(fd_of(file), LOCK_EX | LOCK_NB); }) == 0) return true;
    if (errno == EWOULDBLOCK) return false;
    return errno_failure("locking", "a file");
}

Result<FileStatus> PosixFileLayer::status(const std::string& path) {
    struct stat status;
    if (::lstat(path.c_str(), &status) != 0) return errno_failure("looking at", path);
    return to_status(status);
}

Result<void> PosixFileLayer::link(const std::string& from, const std::string& to) {
    if (::link(from.c_str(), to.c_str()) != 0) return errno_failure("linking", to);
    return {};
}

Result<void> PosixFileLayer::unlink(const std::string& path) {
    if (::unlink(path.c_str()) != 0) return errno_failure("removing", path);
    return {};
}

Result<void> PosixFileLayer::make_directory(const std::string& path) {
    if (::mkdir(path.c_str(), kDirectoryMode) != 0) return errno_failure("making directory", path);
    return {};
}

Result<void> PosixFileLayer::sync_directory(const std::string& path) {
    int fd =
        uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (fd < 0) return errno_failure("opening", path);
    base::Scope close_fd([&] { ::close(fd); });
    if (::fsync(fd) != 0) return errno_failure("syncing", path);
    return {};
}

Result<std::vector<DirectoryEntry>> PosixFileLayer::read_directory(const std::string& path) {
    std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
    if (!directory) return errno_failure("reading directory", path);
    std::vector<DirectoryEntry> entries;
    while (true) {
        errno = 0;
        // Safe: POSIX only forbids sharing one DIR between threads.
        const dirent* entry = ::readdir(directory.get());  // NOLINT(concurrency-mt-unsafe)
        if (entry == nullptr && errno != 0) return errno_failure("reading directory", path);
        if (entry == nullptr) return entries;
        std::string_view name = entry->d_name;
        if (name == "." || name == "..") continue;
        FileKind kind = TRY(kind_of_entry(directory.get(), *entry), "reading directory {}", path);
        entries.push_back({std::string(name), kind});
    }
}

}  // namespace holdfast::store

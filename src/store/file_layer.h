#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace holdfast::store {

enum class FileKind { Regular, Directory, Other };

struct FileStatus {
    FileKind kind = FileKind::Other;
    std::uint64_t size_bytes = 0;
    base::Time modified_at;
};

struct DirectoryEntry {
    std::string name;
    FileKind kind = FileKind::Other;
};

/// An open file of one FileLayer.
enum class FileHandle : int {};

/// The system calls that DirectoryStore makes, so that tests can record them, let them fail and
/// replay them as a power cut would have left them. Any method from any thread.
///
/// Errors carry the code that base::errno_error gives: NotFound, AlreadyExists, PermissionDenied,
/// LimitExceeded (no space, quota), Internal for the rest.
class FileLayer {
public:
    virtual ~FileLayer() = default;

    /// A new empty file, open for writing; AlreadyExists when the path is taken.
    virtual Result<FileHandle> create(const std::string& path) = 0;
    /// An existing file, open for reading. Never blocks, never follows a symbolic link.
    virtual Result<FileHandle> open(const std::string& path) = 0;
    virtual void close(FileHandle file) = 0;

    /// Appends a part of `bytes`, at least one byte of it, and returns how many.
    virtual Result<std::size_t> write(FileHandle file, ByteView bytes) = 0;
    /// Fills a part of `into`, zero bytes only at the end of the file.
    virtual Result<std::size_t> read(FileHandle file, std::span<std::byte> into,
                                     std::uint64_t offset) = 0;
    /// The file's bytes survive a power cut.
    virtual Result<void> sync(FileHandle file) = 0;
    virtual Result<FileStatus> status(FileHandle file) = 0;
    /// Locks the file against other open handles until it is closed or its process ends; false
    /// when another holds the lock.
    virtual Result<bool> try_lock(FileHandle file) = 0;

    /// The status of what stands at the path itself, be it a symbolic link.
    virtual Result<FileStatus> status(const std::string& path) = 0;
    /// A second name for a file; AlreadyExists when that name is taken.
    virtual Result<void> link(const std::string& from, const std::string& to) = 0;
    virtual Result<void> unlink(const std::string& path) = 0;
    /// AlreadyExists when there is something at the path.
    virtual Result<void> make_directory(const std::string& path) = 0;
    /// The directory's entries survive a power cut.
    virtual Result<void> sync_directory(const std::string& path) = 0;
    /// All entries but "." and "..", in no order.
    virtual Result<std::vector<DirectoryEntry>> read_directory(const std::string& path) = 0;
};

/// The machine's own file system.
class PosixFileLayer final : public FileLayer {
public:
    Result<FileHandle> create(const std::string& path) override;
    Result<FileHandle> open(const std::string& path) override;
    void close(FileHandle file) override;
    Result<std::size_t> write(FileHandle file, ByteView bytes) override;
    Result<std::size_t> read(FileHandle file, std::span<std::byte> into,
                             std::uint64_t offset) override;
    Result<void> sync(FileHandle file) override;
    Result<FileStatus> status(FileHandle file) override;
    Result<bool> try_lock(FileHandle file) override;
    Result<FileStatus> status(const std::string& path) override;
    Result<void> link(const std::string& from, const std::string& to) override;
    Result<void> unlink(const std::string& path) override;
    Result<void> make_directory(const std::string& path) override;
    Result<void> sync_directory(const std::string& path) override;
    Result<std::vector<DirectoryEntry>> read_directory(const std::string& path) override;
};

}  // namespace holdfast::store

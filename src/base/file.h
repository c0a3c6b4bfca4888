#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace holdfast::base {

/// Who may read a file that we make.
enum class FileMode { Private, Shared };

/// The whole file. NotFound, PermissionDenied, LimitExceeded beyond `max_bytes`, or Internal.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes);

/// Replaces `path` atomically and durably: a reader sees the old text or the new one.
/// A Private file has mode 0600 from its first byte on.
Result<void> write_file(const std::string& path, std::string_view text, FileMode mode);

/// As write_file, but AlreadyExists when `path` exists.
Result<void> create_file(const std::string& path, std::string_view text, FileMode mode);

/// Makes the directory and its parents; Private ones with mode 0700.
Result<void> make_directories(const std::string& path, FileMode mode);

/// The error of a failed system call as one of ours, with the sentence of errno.
Error errno_error(int number, std::string_view doing);

}  // namespace holdfast::base

#include "repo/run_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "base/log.h"

namespace holdfast::repo {

RunSource::RunSource(store::Store& store, std::string name, std::uint64_t size,
                     const std::string& cache_dir)
    : store_(store), name_(std::move(name)), size_(size) {
    if (!cache_dir.empty()) open_cache(cache_dir);
}

RunSource::~RunSource() {
    if (file_ >= 0) ::close(file_);
}

void RunSource::open_cache(const std::string& cache_dir) {
    cache_path_ = cache_dir + "/" + name_.substr(name_.rfind('/') + 1);
    struct stat info{};
    const bool present = ::stat(cache_path_.c_str(), &info) == 0 &&
                         static_cast<std::uint64_t>(info.st_size) == size_;
    if (!present) {
        auto bytes = store_.get(name_);
        if (!bytes || bytes->size() != size_) return;
        if (!base::make_directories(cache_dir, base::FileMode::Private)) return;
        const auto written =
            base::write_file(cache_path_, base::as_text(*bytes), base::FileMode::Private);
        if (!written) {
            base::log::debug("the index cache cannot be written: {}", written.error().message);
            return;
        }
    }
    file_ = ::open(cache_path_.c_str(), O_RDONLY | O_CLOEXEC);
    use_cache_ = file_ >= 0;
}

Result<Bytes> RunSource::read(std::uint64_t offset, std::uint64_t length) const {
    if (offset > size_ || length > size_ - offset)
        return fail(ErrorCode::Corrupted, "{} ends too early", name_);
    if (use_cache_) {
        auto bytes = read_cached(offset, length);
        if (bytes) return bytes;
    }
    return store_.get(name_, {.offset = offset, .length = length});
}

Result<Bytes> RunSource::read_cached(std::uint64_t offset, std::uint64_t length) const {
    Bytes bytes(length);
    std::size_t done = 0;
    while (done < length) {
        const ssize_t got =
            ::pread(file_, bytes.data() + done, length - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return std::unexpected(base::errno_error(got < 0 ? errno : EIO, cache_path_));
        done += static_cast<std::size_t>(got);
    }
    return bytes;
}

bool RunSource::distrust_cache() {
    if (!use_cache_.exchange(false)) return false;
    base::log::warning("the cached copy of {} is damaged and was removed", name_);
    ::unlink(cache_path_.c_str());
    return true;
}

}  // namespace holdfast::repo

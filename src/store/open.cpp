#include "store/open.h"

#include <optional>
#include <string>

#include "store/directory_store.h"
#include "store/file_layer.h"

namespace holdfast::store {

namespace {

constexpr std::string_view kFileScheme = "file://";
constexpr std::size_t kMaxUrlBytes = 4096;

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

Result<std::string> percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded.push_back(text[i]);
            continue;
        }
        auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
        auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
        if (!high || !low)
            return fail(ErrorCode::InvalidArgument,
                        "'%' is not followed by two hexadecimal digits; write %25 for a percent "
                        "sign");
        decoded.push_back(static_cast<char>(*high * 16 + *low));
        i += 2;
    }
    return decoded;
}

/// Directories are synced on the way, so that a new location survives a power cut.
Result<void> make_location(FileLayer& files, const std::string& path) {
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
        std::string step = path.substr(0, end);
        auto made = files.make_directory(step);
        if (!made && made.error().code != ErrorCode::AlreadyExists && !files.status(step))
            return std::unexpected(std::move(made).error());
        if (made) {
            std::size_t slash = step.rfind('/');
            TRY(files.sync_directory(slash == 0 ? "/" : step.substr(0, slash)));
        }
        if (end == path.npos) return {};
    }
}

PosixFileLayer& posix_files() {
    static PosixFileLayer files;
    return files;
}

}  // namespace

Result<std::string> path_of_location(std::string_view url) {
    if (url.size() > kMaxUrlBytes)
        return fail(ErrorCode::InvalidArgument, "the storage location is longer than {} bytes",
                    kMaxUrlBytes);
    if (!url.starts_with(kFileScheme)) {
        std::size_t colon = url.find("://");
        if (colon != url.npos)
            return fail(ErrorCode::Unsupported,
                        "{}:// is not supported by this version; use file:///PATH",
                        url.substr(0, colon));
        return fail(ErrorCode::InvalidArgument, "'{}' is not a storage location; use file:///PATH",
                    url);
    }
    std::string path = TRY(percent_decoded(url.substr(kFileScheme.size())),
                           "reading the storage location '{}'", url);
    if (path.starts_with("localhost/")) path.erase(0, std::string_view("localhost").size());
    if (!path.starts_with('/') || path.contains('\0'))
        return fail(ErrorCode::InvalidArgument,
                    "'{}' names no absolute path; a file location has three slashes, such as "
                    "file:///var/backups",
                    url);
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
}

Result<std::unique_ptr<Store>> open_store(std::string_view url, Missing missing,
                                          base::Random& random) {
    std::string path = TRY(path_of_location(url));
    if (missing == Missing::Create)
        TRY(make_location(posix_files(), path), "making the storage location {}", path);
    auto store = TRY(DirectoryStore::open(path, posix_files(), random));
    if (missing == Missing::Create) TRY(store->check_file_system());
    return std::unique_ptr<Store>(std::move(store));
}

}  // namespace holdfast::store

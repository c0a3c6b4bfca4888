#include "store/directory_store.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/scope.h"
#include "store/directory_list.h"

namespace holdfast::store {

namespace {

/// Names cannot start with a dot, so that no object ever stands in here.
constexpr std::string_view kTemporaryFolder = ".tmp";
constexpr int kMaxTemporaryTries = 3;
constexpr std::size_t kCompareBlockBytes = std::size_t{1} << 20;

Result<void> write_all(FileLayer& files, FileHandle file, ByteView bytes) {
    while (!bytes.empty()) {
        std::size_t written = TRY(files.write(file, bytes));
        if (written == 0 || written > bytes.size())
            return fail(ErrorCode::Internal, "a write of {} bytes wrote {}", bytes.size(), written);
        bytes = bytes.subspan(written);
    }
    return {};
}

/// Fills as much of `into` as the file has; returns how much that was.
Result<std::size_t> read_up_to(FileLayer& files, FileHandle file, std::span<std::byte> into,
                               std::uint64_t offset) {
    std::size_t filled = 0;
    while (filled < into.size()) {
        std::size_t got = TRY(files.read(file, into.subspan(filled), offset + filled));
        if (got == 0) break;
        filled += got;
    }
    return filled;
}

Result<bool> file_holds(FileLayer& files, FileHandle file, ByteView bytes) {
    Bytes block(std::min(kCompareBlockBytes, bytes.size() + 1));
    std::uint64_t offset = 0;
    while (true) {
        std::size_t got = TRY(read_up_to(files, file, block, offset));
        ByteView expected = bytes.subspan(offset, std::min(got, bytes.size() - offset));
        if (!std::ranges::equal(ByteView(block).first(got), expected)) return false;
        offset += got;
        if (got < block.size()) return offset == bytes.size();
    }
}

/// The folder that a name stands in, empty for the root.
std::string_view folder_of(std::string_view name) {
    return name.substr(0, name.contains('/') ? name.rfind('/') : 0);
}

/// The error of a write, in words for the person who owns the disk.
Error explain_write(Error error, std::string_view name, std::string_view root) {
    if (error.code == ErrorCode::LimitExceeded)
        error.message = fmt::format("the storage location {} is full ({})", root, error.message);
    if (error.code == ErrorCode::PermissionDenied)
        error.message = fmt::format("Holdfast may not write to the storage location {} ({})", root,
                                    error.message);
    return std::move(error).context(fmt::format("storing '{}'", name));
}

}  // namespace

/// A file that nobody else uses; removed again when this goes out of scope.
class DirectoryStore::Temporary {
public:
    Temporary(FileLayer& files, std::string path, FileHandle file)
        : files_(&files), path_(std::move(path)), file_(file) {}
    Temporary(Temporary&& other) noexcept
        : files_(std::exchange(other.files_, nullptr)),
          path_(std::move(other.path_)),
          file_(other.file_) {}
    Temporary& operator=(Temporary&&) = delete;
    ~Temporary() {
        if (files_ == nullptr) return;
        // A leftover is swept later, so that this need not succeed.
        (void)files_->unlink(path_);
        files_->close(file_);
    }

    const std::string& path() const { return path_; }
    FileHandle file() const { return file_; }

private:
    FileLayer* files_;
    std::string path_;
    FileHandle file_;
};

Result<std::unique_ptr<DirectoryStore>> DirectoryStore::open(std::string root, FileLayer& files,
                                                             base::Random& random) {
    while (root.size() > 1 && root.ends_with('/')) root.pop_back();
    // The trailing slash makes a link to a directory as good as the directory.
    FileStatus status = TRY(files.status(root + "/."), "opening storage location {}", root);
    if (status.kind != FileKind::Directory)
        return fail(ErrorCode::InvalidArgument, "the storage location {} is not a directory", root);
    return std::unique_ptr<DirectoryStore>(new DirectoryStore(std::move(root), files, random));
}

std::string DirectoryStore::folder_path_of(std::string_view name) const {
    return folder_of(name).empty() ? root_ : path_of(folder_of(name));
}

Result<void> DirectoryStore::refuse_after_failed_sync() {
    auto error = failed_sync_.update([](const auto& failed) { return failed; });
    if (!error) return {};
    return fail(ErrorCode::Internal,
                "nothing more is written to {} because an earlier sync failed, and what it left on "
                "the disk is unknown ({}); check the disk, then start again",
                root_, error->message);
}

Result<void> DirectoryStore::remember_failed_sync(Result<void> synced) {
    if (synced) return synced;
    failed_sync_.update([&](std::optional<Error>& failed) {
        if (!failed) failed = synced.error();
    });
    return synced;
}

Result<void> DirectoryStore::prepare_to_write() {
    TRY(refuse_after_failed_sync());
    if (ready_to_write_.update([](bool ready) { return ready; })) return {};
    TRY(check_file_system());
    if (auto swept = sweep(); !swept)
        base::log::debug("leftover temporary files stay in {}: {}", root_, swept.error().message);
    ready_to_write_.update([](bool& ready) { ready = true; });
    return {};
}

Result<void> DirectoryStore::make_temporary_folder() {
    auto made = files_.make_directory(path_of(kTemporaryFolder));
    if (made || made.error().code == ErrorCode::AlreadyExists) return {};
    return made;
}

Result<DirectoryStore::Temporary> DirectoryStore::create_temporary() {
    for (int attempt = 0; attempt < kMaxTemporaryTries; ++attempt) {
        std::string path =
            path_of(kTemporaryFolder) + "/" + base::to_hex(random_.array<16>()) + ".tmp";
        auto file = files_.create(path);
        if (!file && file.error().code == ErrorCode::NotFound) {
            TRY(make_temporary_folder());
            continue;
        }
        Temporary temporary(files_, path, TRY(std::move(file)));
        // The lock keeps sweepers away; where there are no locks nobody can sweep either.
        auto locked = files_.try_lock(temporary.file());
        if (!locked || *locked) return temporary;
    }
    return fail(ErrorCode::Unavailable, "no temporary file could be made in {}", root_);
}

Result<DirectoryStore::Temporary> DirectoryStore::write_temporary(ByteView bytes) {
    Temporary temporary = TRY(create_temporary());
    TRY(write_all(files_, temporary.file(), bytes));
    TRY(remember_failed_sync(files_.sync(temporary.file())));
    return temporary;
}

Result<void> DirectoryStore::check_file_system() {
    static constexpr std::array<std::byte, 4> kProbe{};
    auto probed = [&]() -> Result<void> {
        Temporary file = TRY(write_temporary(kProbe));
        return probe(file);
    }();
    if (probed) return {};
    Error error = std::move(probed).error();
    if (error.code == ErrorCode::LimitExceeded || error.code == ErrorCode::PermissionDenied)
        return std::unexpected(explain_write(std::move(error), "a probe", root_));
    return fail(ErrorCode::Unsupported,
                "the file system at {} cannot hold a vault: {}; use one with hard links and "
                "working fsync, such as ext4, XFS, Btrfs, ZFS or NFS",
                root_, error.message);
}

Result<void> DirectoryStore::probe(const Temporary& file) {
    if (auto again = files_.create(file.path()); again) {
        files_.close(*again);
        return fail(ErrorCode::Unsupported, "it creates a file that already exists");
    }
    std::string linked = file.path() + ".link";
    if (auto made = files_.link(file.path(), linked); !made)
        return fail(ErrorCode::Unsupported, "it has no hard links ({})", made.error().message);
    base::Scope remove_link([&] { (void)files_.unlink(linked); });
    auto again = files_.link(file.path(), linked);
    if (again || again.error().code != ErrorCode::AlreadyExists)
        return fail(ErrorCode::Unsupported, "it links over a name that already exists");
    if (auto synced = files_.sync_directory(path_of(kTemporaryFolder)); !synced)
        return fail(ErrorCode::Unsupported, "it cannot sync a directory ({})",
                    synced.error().message);
    FileStatus status = TRY(files_.status(linked));
    if (status.kind != FileKind::Regular || status.size_bytes != 4)
        return fail(ErrorCode::Unsupported, "a linked file is not the file");
    return {};
}

Result<std::size_t> DirectoryStore::sweep() {
    std::string folder = path_of(kTemporaryFolder);
    auto entries = files_.read_directory(folder);
    if (!entries && entries.error().code == ErrorCode::NotFound) return 0;
    if (!entries) return std::unexpected(std::move(entries).error());
    if (entries->empty()) return 0;
    base::Time now_by_store = TRY(now());
    std::size_t looked_at = 0;
    std::size_t removed = 0;
    for (const DirectoryEntry& entry : *entries) {
        if (entry.kind != FileKind::Regular || ++looked_at > kMaxSwept) continue;
        if (TRY(sweep_one(folder + "/" + entry.name, now_by_store))) ++removed;
    }
    return removed;
}

/// Only a file that is old and that no living process holds is removed. Should that ever hit a
/// writer that slept between creating and locking its file, its link fails and it reports an
/// error: no stored object is lost, because an object's own name is a link of its own.
Result<bool> DirectoryStore::sweep_one(const std::string& path, base::Time now) {
    auto file = files_.open(path);
    if (!file) return false;
    base::Scope close_file([&] { files_.close(*file); });
    FileStatus status = TRY(files_.status(*file));
    if (status.modified_at + kSweepAge > now) return false;
    auto locked = files_.try_lock(*file);
    if (!locked || !*locked) return false;
    return files_.unlink(path).has_value();
}

Result<void> DirectoryStore::make_folder(std::string_view folder) {
    if (folder.empty()) return {};
    for (std::size_t slash = folder.find('/');; slash = folder.find('/', slash + 1)) {
        TRY(make_one_folder(folder.substr(0, slash)));
        if (slash == folder.npos) return {};
    }
}

Result<void> DirectoryStore::make_one_folder(std::string_view folder) {
    if (durable_folders_.update([&](const auto& known) { return known.contains(folder); }))
        return {};
    auto made = files_.make_directory(path_of(folder));
    if (!made && made.error().code != ErrorCode::AlreadyExists) return made;
    if (!made && TRY(files_.status(path_of(folder))).kind != FileKind::Directory)
        return fail(ErrorCode::Conflict, "'{}' is an object, not a folder", folder);
    // Synced also when another process made it, which may have died before its sync.
    TRY(remember_failed_sync(files_.sync_directory(folder_path_of(folder))));
    durable_folders_.update([&](auto& known) { known.insert(std::string(folder)); });
    return {};
}

Result<PutReceipt> DirectoryStore::store_new(std::string_view name, ByteView bytes) {
    std::string path = path_of(name);
    if (files_.status(path)) return fail(ErrorCode::AlreadyExists, "'{}' already exists", name);
    TRY(make_folder(folder_of(name)));
    Temporary temporary = TRY(write_temporary(bytes));
    FileStatus status = TRY(files_.status(temporary.file()));
    auto linked = files_.link(temporary.path(), path);
    if (!linked && linked.error().code == ErrorCode::NotFound)
        return fail(ErrorCode::Unavailable, "the temporary file or the folder of '{}' vanished",
                    name);
    TRY(std::move(linked));
    TRY(remember_failed_sync(files_.sync_directory(folder_path_of(name))));
    return PutReceipt{.stored_at = status.modified_at, .version = {}};
}

Result<PutReceipt> DirectoryStore::create(std::string_view name, ByteView bytes) {
    TRY(check_name(name));
    if (bytes.size() > kMaxObjectBytes)
        return fail(ErrorCode::LimitExceeded, "'{}' would have {} bytes, at most {} are allowed",
                    name, bytes.size(), kMaxObjectBytes);
    TRY(prepare_to_write());
    auto stored = store_new(name, bytes);
    if (stored || stored.error().code == ErrorCode::AlreadyExists) return stored;
    return std::unexpected(explain_write(std::move(stored).error(), name, root_));
}

Result<PutReceipt> DirectoryStore::put(std::string_view name, ByteView bytes) {
    auto created = create(name, bytes);
    if (created || created.error().code != ErrorCode::AlreadyExists) return created;
    return confirm_existing(name, bytes);
}

/// Whoever linked the file may have died before syncing the name, so that is done again.
Result<PutReceipt> DirectoryStore::confirm_existing(std::string_view name, ByteView bytes) {
    FileHandle file = TRY(files_.open(path_of(name)), "comparing '{}'", name);
    base::Scope close_file([&] { files_.close(file); });
    FileStatus status = TRY(files_.status(file), "comparing '{}'", name);
    bool equal = status.kind == FileKind::Regular && status.size_bytes == bytes.size() &&
                 TRY(file_holds(files_, file, bytes), "comparing '{}'", name);
    if (!equal) return fail(ErrorCode::Conflict, "'{}' already exists with other bytes", name);
    TRY(remember_failed_sync(files_.sync(file)), "storing '{}'", name);
    TRY(remember_failed_sync(files_.sync_directory(folder_path_of(name))), "storing '{}'", name);
    return PutReceipt{.stored_at = status.modified_at, .version = {}};
}

Result<Bytes> DirectoryStore::read(std::string_view name, std::optional<Range> range) {
    TRY(check_name(name));
    auto opened = files_.open(path_of(name));
    if (!opened && opened.error().code == ErrorCode::NotFound)
        return fail(ErrorCode::NotFound, "there is no object '{}' in {}", name, root_);
    FileHandle file = TRY(std::move(opened), "reading '{}'", name);
    base::Scope close_file([&] { files_.close(file); });
    FileStatus status = TRY(files_.status(file), "reading '{}'", name);
    if (status.kind != FileKind::Regular)
        return fail(ErrorCode::NotFound, "there is no object '{}' in {}", name, root_);
    Range wanted = range.value_or(Range{.offset = 0, .length = status.size_bytes});
    if (wanted.offset > status.size_bytes || wanted.length > status.size_bytes - wanted.offset)
        return fail(ErrorCode::Corrupted, "'{}' has {} bytes; {} bytes at {} were expected", name,
                    status.size_bytes, wanted.length, wanted.offset);
    if (wanted.length > kMaxObjectBytes)
        return fail(ErrorCode::LimitExceeded, "'{}' has {} bytes, at most {} are allowed", name,
                    wanted.length, kMaxObjectBytes);
    Bytes bytes(wanted.length);
    std::size_t got = TRY(read_up_to(files_, file, bytes, wanted.offset), "reading '{}'", name);
    if (got != bytes.size())
        return fail(ErrorCode::Corrupted, "'{}' ended after {} of {} bytes", name, got,
                    bytes.size());
    return bytes;
}

Result<Bytes> DirectoryStore::get(std::string_view name) {
    return read(name, std::nullopt);
}

Result<Bytes> DirectoryStore::get(std::string_view name, Range range) {
    return read(name, range);
}

Result<ObjectInfo> DirectoryStore::stat(std::string_view name) {
    TRY(check_name(name));
    auto status = files_.status(path_of(name));
    bool absent =
        status ? status->kind != FileKind::Regular : status.error().code == ErrorCode::NotFound;
    if (absent) return fail(ErrorCode::NotFound, "there is no object '{}' in {}", name, root_);
    FileStatus found = TRY(std::move(status), "looking for '{}'", name);
    return ObjectInfo{
        .name = std::string(name), .size_bytes = found.size_bytes, .stored_at = found.modified_at};
}

Result<ListPage> DirectoryStore::list(std::string_view prefix, std::string_view token,
                                      std::size_t limit) {
    TRY(check_prefix(prefix));
    limit = std::clamp<std::size_t>(limit, 1, kMaxListPage);
    return list_directory(files_, root_, {.prefix = prefix, .after = token, .limit = limit});
}

Result<void> DirectoryStore::remove(std::string_view name) {
    TRY(check_name(name));
    TRY(refuse_after_failed_sync());
    auto removed = files_.unlink(path_of(name));
    if (removed || removed.error().code == ErrorCode::NotFound) return {};
    return std::unexpected(std::move(removed).error().context(fmt::format("removing '{}'", name)));
}

Result<base::Time> DirectoryStore::now() {
    auto stamped = [&]() -> Result<base::Time> {
        Temporary file = TRY(create_temporary());
        return TRY(files_.status(file.file())).modified_at;
    }();
    return TRY(std::move(stamped), "asking the file system at {} for its time", root_);
}

}  // namespace holdfast::store

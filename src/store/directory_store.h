#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "base/random.h"
#include "base/result.h"
#include "store/file_layer.h"
#include "store/store.h"

namespace holdfast::store {

/// Objects as files below a directory; "packs/4f/ab" is the file of that relative path.
///
/// A write goes to a temporary file, which is synced, linked to its name and unlinked; then the
/// name's directory is synced. A failed sync is remembered: every later write of this object
/// fails, because nobody can tell what of the earlier ones is on the disk. Before the first
/// write the file system is probed for what this needs, and refused if it falls short; a
/// location that cannot be written to can still be read.
///
/// Its time is that of the file system, which on a network share is the server's.
class DirectoryStore final : public Store {
public:
    /// The store in the existing directory `root`; NotFound when there is none. Both references
    /// outlive the store.
    static Result<std::unique_ptr<DirectoryStore>> open(std::string root, FileLayer& files,
                                                        base::Random& random);

    /// Unsupported, with the reason, when the file system cannot keep the promises of Store.
    /// Called by the first write by itself.
    Result<void> check_file_system();

    /// Removes temporary files that crashed writers left, at most kMaxSwept in one call; returns
    /// how many. Called by the first write by itself.
    Result<std::size_t> sweep();

    Result<PutReceipt> create(std::string_view name, ByteView bytes) override;
    Result<PutReceipt> put(std::string_view name, ByteView bytes) override;
    Result<Bytes> get(std::string_view name) override;
    Result<Bytes> get(std::string_view name, Range range) override;
    Result<ObjectInfo> stat(std::string_view name) override;
    Result<ListPage> list(std::string_view prefix, std::string_view token,
                          std::size_t limit) override;
    Result<void> remove(std::string_view name) override;
    Result<base::Time> now() override;

    /// A temporary file younger than this is left alone even when nobody holds it.
    static constexpr std::chrono::minutes kSweepAge{15};
    static constexpr std::size_t kMaxSwept = 1000;

private:
    class Temporary;

    DirectoryStore(std::string root, FileLayer& files, base::Random& random)
        : root_(std::move(root)), files_(files), random_(random) {}

    std::string path_of(std::string_view name) const { return root_ + "/" + std::string(name); }
    Result<void> prepare_to_write();
    Result<void> refuse_after_failed_sync();
    Result<void> remember_failed_sync(Result<void> synced);
    Result<void> make_temporary_folder();
    Result<Temporary> create_temporary();
    Result<Temporary> write_temporary(ByteView bytes);
    Result<void> probe(const Temporary& file);
    Result<bool> sweep_one(const std::string& path, base::Time now);
    std::string folder_path_of(std::string_view name) const;
    Result<void> make_one_folder(std::string_view folder);
    Result<void> make_folder(std::string_view folder);
    Result<PutReceipt> store_new(std::string_view name, ByteView bytes);
    Result<PutReceipt> confirm_existing(std::string_view name, ByteView bytes);
    Result<Bytes> read(std::string_view name, std::optional<Range> range);

    std::string root_;
    FileLayer& files_;
    base::Random& random_;
    base::Guarded<std::optional<Error>> failed_sync_;
    base::Guarded<bool> ready_to_write_;
    base::Guarded<std::set<std::string, std::less<>>> durable_folders_;
};

}  // namespace holdfast::store

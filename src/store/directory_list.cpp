#include "store/directory_list.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace holdfast::store {

namespace {

class Walk {
public:
    Walk(FileLayer& files, const std::string& root, const DirectoryQuery& query)
        : files_(files), root_(root), query_(query) {}

    /// Visits `folder` ("" or ending in '/') in order; `steps` bounds the depth of names below it.
    Result<void> visit(const std::string& folder, std::size_t steps) {
        for (const std::string& key : TRY(sorted_keys(folder))) {
            if (is_full()) return {};
            bool is_folder = key.ends_with('/');
            if (is_folder && steps > 1 && may_hold_answers(key)) TRY(visit(key, steps - 1));
            if (!is_folder && key > query_.after && key.starts_with(query_.prefix)) TRY(add(key));
        }
        return {};
    }

    ListPage take() {
        if (is_full()) {
            page_.objects.pop_back();
            page_.next = page_.objects.back().name;
        }
        return std::move(page_);
    }

private:
    /// One more than the page holds shows that there is another page.
    bool is_full() const { return page_.objects.size() > query_.limit; }

    /// A folder sorts as its name with the slash, which is where the names inside it sort.
    Result<std::vector<std::string>> sorted_keys(const std::string& folder) {
        std::vector<std::string> keys;
        auto entries = files_.read_directory(root_ + "/" + folder);
        if (!entries && entries.error().code == ErrorCode::NotFound && !folder.empty()) return keys;
        for (const DirectoryEntry& entry : TRY(std::move(entries))) {
            std::string key = folder + entry.name;
            if (entry.kind == FileKind::Other || !check_name(key)) continue;
            keys.push_back(entry.kind == FileKind::Directory ? key + "/" : std::move(key));
        }
        std::ranges::sort(keys);
        return keys;
    }

    bool may_hold_answers(std::string_view folder) const {
        bool in_prefix = folder.starts_with(query_.prefix) || query_.prefix.starts_with(folder);
        bool behind_token = folder > query_.after || query_.after.starts_with(folder);
        return in_prefix && behind_token;
    }

    Result<void> add(const std::string& name) {
        auto status = files_.status(root_ + "/" + name);
        if (!status && status.error().code == ErrorCode::NotFound) return {};  // just removed
        FileStatus found = TRY(std::move(status));
        page_.objects.push_back({name, found.size_bytes, found.modified_at});
        return {};
    }

    FileLayer& files_;
    const std::string& root_;
    const DirectoryQuery& query_;
    ListPage page_;
};

}  // namespace

Result<ListPage> list_directory(FileLayer& files, const std::string& root,
                                const DirectoryQuery& query) {
    // A location that vanished, say a share that is no longer mounted, is not an empty one.
    TRY(files.status(root + "/."), "listing '{}' in {}", query.prefix, root);
    std::size_t slash = query.prefix.rfind('/');
    std::string start(query.prefix.substr(0, slash == query.prefix.npos ? 0 : slash + 1));
    auto depth = static_cast<std::size_t>(std::ranges::count(start, '/'));
    Walk walk(files, root, query);
    TRY(walk.visit(start, kMaxNameSteps - std::min(depth, kMaxNameSteps)), "listing '{}' in {}",
        query.prefix, root);
    return walk.take();
}

}  // namespace holdfast::store

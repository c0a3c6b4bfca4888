#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/file_layer.h"
#include "store/store.h"

namespace holdfast::store {

struct DirectoryQuery {
    std::string_view prefix;
    std::string_view after;  ///< only names behind this one
    std::size_t limit = kMaxListPage;
};

/// One page of the objects that stand as files below `root`, in the byte order of their names.
/// Whatever cannot be an object (a name that starts with a dot, "lost+found", a symbolic link)
/// is passed over.
Result<ListPage> list_directory(FileLayer& files, const std::string& root,
                                const DirectoryQuery& query);

}  // namespace holdfast::store

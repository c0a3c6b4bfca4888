#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace holdfast::repo {

/// What lies in one of the vault's folders. Not every program keeps its hands off it.
struct FolderListing {
    std::vector<store::ObjectInfo> objects;  ///< whose names are of the vault's format
    /// All others: no Holdfast put them there, nothing is known of them, and they are left alone.
    std::vector<store::ObjectInfo> strays;
};

/// Everything below one of the folders of names.h, in ascending order. LimitExceeded when there
/// are more than `max_objects`.
Result<FolderListing> list_folder(store::Store& store, std::string_view folder,
                                  std::size_t max_objects);

}  // namespace holdfast::repo

#include "repo/listing.h"

#include "repo/names.h"

namespace holdfast::repo {

Result<FolderListing> list_folder(store::Store& store, std::string_view folder,
                                  std::size_t max_objects) {
    FolderListing listing;
    for (store::ObjectInfo& object : TRY(store::list_all(store, folder, max_objects)))
        (names::is_well_formed(object.name) ? listing.objects : listing.strays)
            .push_back(std::move(object));
    return listing;
}

}  // namespace holdfast::repo

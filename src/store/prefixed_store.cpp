#include "store/prefixed_store.h"

#include <memory>
#include <string_view>

#include "base/bytes.h"

namespace holdfast::store {

Result<std::unique_ptr<PrefixedStore>> PrefixedStore::create(std::unique_ptr<Store> inner,
                                                             std::string_view folder) {
    TRY(check_name(folder));
    std::string prefix = std::string(folder) + "/";
    return std::unique_ptr<PrefixedStore>(new PrefixedStore(std::move(inner), std::move(prefix)));
}

Result<PutReceipt> PrefixedStore::create(std::string_view name, ByteView bytes) {
    TRY(check_name(name));
    return inner_->create(full(name), bytes);
}

Result<PutReceipt> PrefixedStore::put(std::string_view name, ByteView bytes) {
    TRY(check_name(name));
    return inner_->put(full(name), bytes);
}

Result<Bytes> PrefixedStore::get(std::string_view name) {
    TRY(check_name(name));
    return inner_->get(full(name));
}

Result<Bytes> PrefixedStore::get(std::string_view name, Range range) {
    TRY(check_name(name));
    return inner_->get(full(name), range);
}

Result<ObjectInfo> PrefixedStore::stat(std::string_view name) {
    TRY(check_name(name));
    ObjectInfo found = TRY(inner_->stat(full(name)));
    found.name.erase(0, folder_.size());
    return found;
}

Result<ListPage> PrefixedStore::list(std::string_view prefix, std::string_view token,
                                     std::size_t limit) {
    TRY(check_prefix(prefix));
    ListPage page = TRY(inner_->list(full(prefix), token, limit));
    for (ObjectInfo& object : page.objects) {
        if (!object.name.starts_with(folder_))
            return fail(ErrorCode::Corrupted, "the list of '{}' holds '{}'", full(prefix),
                        object.name);
        object.name.erase(0, folder_.size());
    }
    return page;
}

Result<void> PrefixedStore::remove(std::string_view name) {
    TRY(check_name(name));
    return inner_->remove(full(name));
}

}  // namespace holdfast::store

#include "store/memory_store.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"

namespace holdfast::store {

namespace {

Result<void> check_new(std::string_view name, ByteView bytes) {
    TRY(check_name(name));
    if (bytes.size() > kMaxObjectBytes)
        return fail(ErrorCode::LimitExceeded, "'{}' would have {} bytes, at most {} are allowed",
                    name, bytes.size(), kMaxObjectBytes);
    return {};
}

}  // namespace

bool MemoryStore::is_folder_conflict(const Objects& objects, std::string_view name) {
    for (std::size_t slash = name.find('/'); slash != name.npos; slash = name.find('/', slash + 1))
        if (objects.contains(name.substr(0, slash))) return true;
    std::string folder = std::string(name) + "/";
    auto inside = objects.lower_bound(folder);
    return inside != objects.end() && inside->first.starts_with(folder);
}

Result<PutReceipt> MemoryStore::create(std::string_view name, ByteView bytes) {
    TRY(check_new(name, bytes));
    Object object{.bytes = std::make_shared<const Bytes>(base::to_bytes(bytes)),
                  .stored_at = clock_.now()};
    return objects_.update([&](Objects& objects) -> Result<PutReceipt> {
        if (objects.contains(name))
            return fail(ErrorCode::AlreadyExists, "'{}' already exists", name);
        if (is_folder_conflict(objects, name))
            return fail(ErrorCode::Conflict, "'{}' collides with the folder of an object", name);
        objects.emplace(std::string(name), object);
        return PutReceipt{.stored_at = object.stored_at, .version = {}};
    });
}

Result<PutReceipt> MemoryStore::put(std::string_view name, ByteView bytes) {
    auto created = create(name, bytes);
    if (created || created.error().code != ErrorCode::AlreadyExists) return created;
    Object object = TRY(find(name));
    if (!std::ranges::equal(*object.bytes, bytes))
        return fail(ErrorCode::Conflict, "'{}' already exists with other bytes", name);
    return PutReceipt{.stored_at = object.stored_at, .version = {}};
}

Result<MemoryStore::Object> MemoryStore::find(std::string_view name) {
    TRY(check_name(name));
    return objects_.update([&](Objects& objects) -> Result<Object> {
        auto found = objects.find(name);
        if (found == objects.end())
            return fail(ErrorCode::NotFound, "there is no object '{}'", name);
        return found->second;
    });
}

Result<Bytes> MemoryStore::get(std::string_view name) {
    return *TRY(find(name)).bytes;
}

Result<Bytes> MemoryStore::get(std::string_view name, Range range) {
    Object object = TRY(find(name));
    if (range.offset > object.bytes->size() || range.length > object.bytes->size() - range.offset)
        return fail(ErrorCode::Corrupted, "'{}' has {} bytes; {} bytes at {} were expected", name,
                    object.bytes->size(), range.length, range.offset);
    return base::to_bytes(ByteView(*object.bytes).subspan(range.offset, range.length));
}

Result<ObjectInfo> MemoryStore::stat(std::string_view name) {
    Object object = TRY(find(name));
    return ObjectInfo{.name = std::string(name),
                      .size_bytes = object.bytes->size(),
                      .stored_at = object.stored_at};
}

Result<ListPage> MemoryStore::list(std::string_view prefix, std::string_view token,
                                   std::size_t limit) {
    TRY(check_prefix(prefix));
    limit = std::clamp<std::size_t>(limit, 1, kMaxListPage);
    return objects_.update([&](Objects& objects) {
        ListPage page;
        auto at = token < prefix ? objects.lower_bound(prefix) : objects.upper_bound(token);
        for (; at != objects.end() && at->first.starts_with(prefix); ++at) {
            if (page.objects.size() == limit) {
                page.next = page.objects.back().name;
                break;
            }
            page.objects.push_back({at->first, at->second.bytes->size(), at->second.stored_at});
        }
        return page;
    });
}

Result<void> MemoryStore::remove(std::string_view name) {
    TRY(check_name(name));
    objects_.update([&](Objects& objects) {
        if (auto found = objects.find(name); found != objects.end()) objects.erase(found);
    });
    return {};
}

Result<base::Time> MemoryStore::now() {
    return clock_.now();
}

}  // namespace holdfast::store

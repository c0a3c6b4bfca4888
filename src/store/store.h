#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace holdfast::store {

/// No object is larger; a larger one is refused with LimitExceeded, before memory is given.
inline constexpr std::uint64_t kMaxObjectBytes = std::uint64_t{256} << 20;
/// Bounds of names: the whole, one step between slashes, and the number of steps.
inline constexpr std::size_t kMaxNameBytes = 512;
inline constexpr std::size_t kMaxNameStepBytes = 200;
inline constexpr std::size_t kMaxNameSteps = 8;
/// No list page is longer, whatever limit is asked for.
inline constexpr std::size_t kMaxListPage = 10000;

struct Range {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

struct ObjectInfo {
    std::string name;
    std::uint64_t size_bytes = 0;
    base::Time stored_at;  ///< by the store's own clock
};

struct PutReceipt {
    base::Time stored_at;  ///< by the store's own clock
    std::string version;   ///< empty where the store keeps no versions
};

struct ListPage {
    std::vector<ObjectInfo> objects;
    std::string next;  ///< the token of the following page; empty on the last
};

/// Holds immutable objects under names such as "packs/4f/ab12".
///
/// A name is one to eight steps of [a-zA-Z0-9._-] separated by '/', none of which starts with a
/// dot; anything else is InvalidArgument. One name is never the folder of another ("a" and "a/b"
/// are not used together): a store may refuse the second with Conflict.
///
/// Every method may be called from any thread, also by several processes on one location.
/// An object is seen whole or not at all. Once create() or put() has returned, every get, stat
/// and list that starts later sees the object, and a power cut does not lose it. After an error
/// other than AlreadyExists, Conflict and InvalidArgument the object may or may not exist,
/// but never in part.
///
/// Errors that every method may give: Unavailable and Timeout (worth another attempt),
/// PermissionDenied, LimitExceeded (the disk or quota is full, or a bound of this interface),
/// Corrupted (the store contradicts itself) and Internal.
class Store {
public:
    virtual ~Store() = default;

    /// Stores the bytes under a name that must be free: AlreadyExists otherwise, also when the
    /// bytes are equal. Of several concurrent callers exactly one succeeds.
    virtual Result<PutReceipt> create(std::string_view name, ByteView bytes) = 0;

    /// Stores the bytes under a name that only ever stands for these bytes (it holds their hash
    /// or is random). Success when the object exists with the same bytes; Conflict, leaving
    /// the object alone, when it exists with others. An attempt may be repeated.
    virtual Result<PutReceipt> put(std::string_view name, ByteView bytes) = 0;

    /// The whole object. NotFound.
    virtual Result<Bytes> get(std::string_view name) = 0;

    /// Exactly `range.length` bytes; NotFound, or Corrupted when the object ends too early.
    virtual Result<Bytes> get(std::string_view name, Range range) = 0;

    /// NotFound when there is none.
    virtual Result<ObjectInfo> stat(std::string_view name) = 0;

    /// The objects whose names start with `prefix` (any string, not only whole steps), in
    /// ascending byte order, at most min(limit, kMaxListPage) of them, starting after the page
    /// that gave `token`; an empty token starts at the beginning. A page may be short or empty
    /// without being the last: only an empty `next` ends the list. Objects that are created or
    /// removed while pages are read may or may not appear.
    virtual Result<ListPage> list(std::string_view prefix, std::string_view token,
                                  std::size_t limit) = 0;

    /// The object is gone for every later reader; success also when there was none.
    virtual Result<void> remove(std::string_view name) = 0;

    /// The time now by the clock that gives `stored_at`.
    virtual Result<base::Time> now() = 0;
};

/// InvalidArgument unless `name` keeps to the rules above.
Result<void> check_name(std::string_view name);

/// Whether `prefix` can begin a valid name; listing any other prefix is InvalidArgument.
Result<void> check_prefix(std::string_view prefix);

/// Every object under `prefix`, from as many pages as it takes, in ascending order.
/// LimitExceeded when there are more than `max_objects`; Corrupted when pages are out of order.
Result<std::vector<ObjectInfo>> list_all(Store& store, std::string_view prefix,
                                         std::size_t max_objects);

/// Whether there is an object of that name.
Result<bool> exists(Store& store, std::string_view name);

}  // namespace holdfast::store

#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/object_row.h"

namespace holdfast::engine {

/// One object of a recovery point. The views live until the visitor returns.
struct SourceObject {
    std::string_view key;   ///< As encode_key makes it.
    std::string_view body;  ///< The object as JSON, without what the server set.
    bool deleting = false;  ///< It was already being deleted when it was captured.
    /// The object itself is lost: the body has no more than its name.
    bool name_only = false;
};

/// An object of a point that cannot be read, and why.
struct DamagedObject {
    ObjectKey key;
    std::string reason;
};

/// The objects of one recovery point, however they are stored. Any method from any thread.
class ObjectSource {
public:
    using Visitor = std::function<Result<void>(const SourceObject&)>;
    using Wanted = std::function<bool(std::string_view key)>;

    virtual ~ObjectSource() = default;
    /// Calls `visit` for every object whose key starts with `prefix` and is wanted, in ascending
    /// order of keys, with bounded memory; the bodies of others are not read, so damage to them
    /// does no harm. Ends with the visitor's error, if it returns one.
    virtual Result<void> each(std::string_view prefix, const Wanted& wanted,
                              const Visitor& visit) = 0;
    /// The body of one object, or NotFound.
    virtual Result<std::string> get(std::string_view key) = 0;
};

}  // namespace holdfast::engine

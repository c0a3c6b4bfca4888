#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace holdfast::engine {

/// Names one object of a cluster, independent of the version that served it.
struct ObjectKey {
    std::string group;  ///< empty for the core group
    std::string kind;
    std::string ns;  ///< empty outside namespaces
    std::string name;

    auto operator<=>(const ObjectKey&) const = default;

    /// "Deployment.apps shop/web", for people.
    std::string text() const;
    /// The group and kind as in "Deployment.apps"; just "Pod" in the core group.
    std::string qualified_kind() const;
};

/// The key's bytes in an object run: "<group>/<Kind>\0<namespace>\0<name>".
std::string encode_key(const ObjectKey& key);
/// The prefix that the keys of all objects of one kind share.
std::string encode_key_prefix(std::string_view group, std::string_view kind);
/// InvalidArgument, with the reason, for a key that cannot be a row's: it would not be read back.
Result<void> check_key(const ObjectKey& key);
/// Corrupted for bytes that encode_key cannot have made.
Result<ObjectKey> decode_key(std::string_view bytes);

/// What a row keeps beside the chunk id: the fields that capture cuts out of an object so that
/// equal objects have equal chunks, and what restore wants to know before it reads the object.
struct ObjectFacts {
    std::string version;  ///< the API version that served it, such as "v1"
    std::string uid;
    std::string resource_version;
    std::uint64_t generation = 0;
    std::int64_t created_at = 0;  ///< seconds since 1970; 0 when unknown
    std::uint64_t size_bytes = 0;
    bool owned = false;          ///< has an owner reference
    bool deleting = false;       ///< had a deletionTimestamp: kept for the record, not restored
    std::string managed_fields;  ///< raw JSON, only when asked for at capture

    bool operator==(const ObjectFacts&) const = default;
};

/// InvalidArgument, with the reason, for facts longer than decode_facts reads back.
Result<Bytes> encode_facts(const ObjectFacts& facts);
/// Corrupted for bytes that encode_facts cannot have made.
Result<ObjectFacts> decode_facts(ByteView bytes);

}  // namespace holdfast::engine

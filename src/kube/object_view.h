#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace holdfast::kube {

/// A half-open range of offsets into ObjectView::raw.
struct Span {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
};

/// One object of a list page: its raw bytes and what capture needs to know of its metadata.
/// Views live as long as the page. Absent fields are empty.
struct ObjectView {
    static constexpr std::size_t kMaxCuts = 6;

    std::string_view raw;
    std::string_view api_version;
    std::string_view kind;
    std::string_view name;
    std::string_view ns;
    std::string_view uid;
    std::string_view resource_version;
    std::string_view creation_timestamp;
    std::string_view deletion_timestamp;
    /// metadata.generation as written, such as "3".
    std::string_view generation;
    /// Raw JSON of metadata.labels, .annotations, .ownerReferences and .managedFields.
    std::string_view labels;
    std::string_view annotations;
    std::string_view owner_references;
    std::string_view managed_fields;
    /// Whether there is at least one owner reference.
    bool owned = false;
    /// Whether label velero.io/exclude-from-backup is "true".
    bool excluded_by_label = false;

    /// Ascending, disjoint ranges of `raw` that hold managedFields, resourceVersion, uid,
    /// generation, creationTimestamp and selfLink of the metadata with the commas that go too.
    std::array<Span, kMaxCuts> cuts{};
    std::uint8_t cut_count = 0;
    /// Where the first member of the object begins; where its closing brace stands when empty.
    std::uint32_t body_begin = 0;
    bool empty = false;
};

/// Appends the object as it is stored: without the ranges in `cuts`, with apiVersion and kind put
/// first when the object lacks them. Every other byte is the server's own.
void append_captured_form(const ObjectView& object, std::string_view api_version,
                          std::string_view kind, Bytes& to);
/// The same as a fresh buffer.
Bytes captured_form(const ObjectView& object, std::string_view api_version, std::string_view kind);

using Labels = std::map<std::string, std::string, std::less<>>;

/// The labels or annotations of raw JSON as ObjectView has them; values that are no strings are
/// left out, and so is everything when `raw` is no JSON object.
Labels read_labels(std::string_view raw);

}  // namespace holdfast::kube

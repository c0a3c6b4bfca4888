// The parser of list pages against a document model: whatever both accept they must see alike,
// and the captured form must be what surgery on the document gives.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/json.h"
#include "kube/client.h"
#include "kube/list_page.h"
#include "kube/object_view.h"

namespace holdfast::kube {
namespace {

void require(bool holds, const char* what, std::string_view raw) {
    if (holds) return;
    std::fprintf(stderr, "%s: %.*s\n", what, static_cast<int>(raw.size()), raw.data());
    std::abort();
}

std::string text(const Json& metadata, const char* key) {
    const auto member = metadata.find(key);
    return member != metadata.end() && member->is_string() ? member->get<std::string>() : "";
}

Labels labels_of(const Json& metadata) {
    Labels labels;
    const auto member = metadata.find("labels");
    if (member == metadata.end() || !member->is_object()) return labels;
    for (const auto& [key, value] : member->items()) {
        if (value.is_string()) labels.emplace(key, value.get<std::string>());
    }
    return labels;
}

void compare_metadata(const ObjectView& object, const Json& metadata) {
    require(object.name == text(metadata, "name"), "name", object.raw);
    require(object.ns == text(metadata, "namespace"), "namespace", object.raw);
    require(object.uid == text(metadata, "uid"), "uid", object.raw);
    require(object.resource_version == text(metadata, "resourceVersion"), "version", object.raw);
    require(object.deletion_timestamp == text(metadata, "deletionTimestamp"), "deletion",
            object.raw);
    const Labels labels = labels_of(metadata);
    require(read_labels(object.labels) == labels, "labels", object.raw);
    const auto label = labels.find("velero.io/exclude-from-backup");
    require(object.excluded_by_label == (label != labels.end() && label->second == "true"),
            "exclusion", object.raw);
    const auto owners = metadata.find("ownerReferences");
    require(object.owned == (owners != metadata.end() && owners->is_array() && !owners->empty()),
            "owners", object.raw);
}

void compare(const ObjectView& object, const Json& item) {
    const Result<Json> raw = base::parse_json(object.raw);
    require(raw && *raw == item, "raw", object.raw);
    const Json metadata = item.contains("metadata") ? item["metadata"] : Json::object();
    compare_metadata(object, metadata);
    Json expected = item;
    if (expected.contains("metadata")) {
        for (const char* key : {"managedFields", "resourceVersion", "uid", "generation",
                                "creationTimestamp", "selfLink"}) {
            expected["metadata"].erase(key);
        }
    }
    if (!expected.contains("apiVersion")) expected["apiVersion"] = "v1";
    if (!expected.contains("kind")) expected["kind"] = "Thing";
    const Bytes form = captured_form(object, "v1", "Thing");
    const Result<Json> actual = base::parse_json(base::as_text(form));
    require(actual && *actual == expected, "captured form", base::as_text(form));
}

}  // namespace
}  // namespace holdfast::kube

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace holdfast;
    static kube::ListParser parser;
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const Result<kube::ListPage> page = parser.parse(base::to_bytes(text));
    if (!page) return 0;
    const Result<Json> document = base::parse_json(text);
    if (!document) return 0;
    const Json* items = base::find_json(*document, "/items");
    const std::size_t count = items->is_array() ? items->size() : 0;
    kube::require(page->items.size() == count, "count", text);
    for (std::size_t i = 0; i < count; ++i) kube::compare(page->items[i], (*items)[i]);
    return 0;
}

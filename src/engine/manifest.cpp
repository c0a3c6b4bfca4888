#include "engine/manifest.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/json.h"

namespace holdfast::engine {

namespace {

constexpr base::JsonLimits kManifestLimits{.bytes = 64u << 20, .depth = 64};

Json type_to_json(const TypeRecord& record) {
    const kube::ResourceType& type = record.type;
    Json json = {{"group", type.group},
                 {"version", type.version},
                 {"kind", type.kind},
                 {"plural", type.plural},
                 {"singular", type.singular},
                 {"shortNames", type.short_names},
                 {"categories", type.categories},
                 {"verbs", type.verbs},
                 {"otherVersions", type.other_versions},
                 {"namespaced", type.namespaced},
                 {"aggregated", type.aggregated},
                 {"hasStatus", type.has_status},
                 {"objects", record.objects},
                 {"bytes", record.bytes},
                 {"resourceVersion", record.resource_version},
                 {"failure", record.failure}};
    for (const LeftOut& object : record.left_out)
        json["leftOut"].push_back(
            {{"namespace", object.ns}, {"name", object.name}, {"reason", object.reason}});
    return json;
}

std::vector<std::string> texts(const Json& json, std::string_view pointer) {
    std::vector<std::string> found;
    const Json* array = base::find_json(json, pointer);
    if (array == nullptr || !array->is_array()) return found;
    for (const Json& item : *array)
        if (item.is_string()) found.push_back(item.get<std::string>());
    return found;
}

std::uint64_t count_at(const Json& json, std::string_view pointer) {
    return static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, base::integer_at(json, pointer).value_or(0)));
}

Result<TypeRecord> type_from_json(const Json& json) {
    TypeRecord record;
    record.type = {.group = base::text_at(json, "/group"),
                   .version = base::text_at(json, "/version"),
                   .kind = base::text_at(json, "/kind"),
                   .plural = base::text_at(json, "/plural"),
                   .singular = base::text_at(json, "/singular"),
                   .short_names = texts(json, "/shortNames"),
                   .categories = texts(json, "/categories"),
                   .verbs = texts(json, "/verbs"),
                   .other_versions = texts(json, "/otherVersions"),
                   .namespaced = base::bool_at(json, "/namespaced"),
                   .aggregated = base::bool_at(json, "/aggregated"),
                   .has_status = base::bool_at(json, "/hasStatus")};
    if (record.type.kind.empty()) return fail(ErrorCode::Corrupted, "a kind without a name");
    record.objects = count_at(json, "/objects");
    record.bytes = count_at(json, "/bytes");
    record.resource_version = base::text_at(json, "/resourceVersion");
    record.failure = base::text_at(json, "/failure");
    if (const Json* left_out = base::find_json(json, "/leftOut"); left_out && left_out->is_array())
        for (const Json& object : *left_out)
            record.left_out.push_back({.ns = base::text_at(object, "/namespace"),
                                       .name = base::text_at(object, "/name"),
                                       .reason = base::text_at(object, "/reason")});
    return record;
}

Json volumes_to_json(const std::vector<VolumeWithoutData>& volumes) {
    Json array = Json::array();
    for (const VolumeWithoutData& volume : volumes)
        array.push_back({{"namespace", volume.ns},
                         {"claim", volume.claim},
                         {"volume", volume.volume},
                         {"storageClass", volume.storage_class}});
    return array;
}

Result<const Json*> array_at(const Json& json, std::string_view pointer) {
    const Json* array = base::find_json(json, pointer);
    if (array == nullptr || !array->is_array())
        return fail(ErrorCode::Corrupted, "the manifest has no list {}", pointer);
    return array;
}

}  // namespace

std::string_view name_of(PointStatus status) {
    return status == PointStatus::Completed ? "COMPLETED" : "PARTIAL";
}

PointStatus ClusterManifest::status() const {
    bool whole = failures.empty() && missing_namespaces.empty() &&
                 std::ranges::all_of(types, &TypeRecord::whole);
    return whole ? PointStatus::Completed : PointStatus::Partial;
}

std::uint64_t ClusterManifest::objects() const {
    std::uint64_t sum = 0;
    for (const TypeRecord& record : types) sum += record.objects;
    return sum;
}

std::uint64_t ClusterManifest::bytes() const {
    std::uint64_t sum = 0;
    for (const TypeRecord& record : types) sum += record.bytes;
    return sum;
}

kube::Discovery ClusterManifest::discovery() const {
    kube::Discovery discovery;
    for (const TypeRecord& record : types) discovery.types.push_back(record.type);
    discovery.failures = failures;
    discovery.version.git_version = cluster.kubernetes_version;
    return discovery;
}

std::string encode_manifest(const ClusterManifest& manifest) {
    Json types = Json::array();
    for (const TypeRecord& record : manifest.types) types.push_back(type_to_json(record));
    Json failures = Json::array();
    for (const kube::DiscoveryFailure& failure : manifest.failures)
        failures.push_back({{"groupVersion", failure.group_version}, {"reason", failure.reason}});
    Json fingerprint = base::parse_json(manifest.fingerprint).value_or(Json::object());
    return base::dump_json({{"format", "cluster-state/1"},
                            {"cluster",
                             {{"uid", manifest.cluster.uid},
                              {"context", manifest.cluster.context},
                              {"server", manifest.cluster.server},
                              {"kubernetesVersion", manifest.cluster.kubernetes_version}}},
                            {"startedAt", base::to_rfc3339_millis(manifest.started_at)},
                            {"finishedAt", base::to_rfc3339_millis(manifest.finished_at)},
                            {"resourceVersion", manifest.resource_version},
                            {"restarts", manifest.restarts},
                            {"selection", to_json(manifest.selection)},
                            {"types", std::move(types)},
                            {"failures", std::move(failures)},
                            {"missingNamespaces", manifest.missing_namespaces},
                            {"volumesWithoutData", volumes_to_json(manifest.volumes)},
                            {"fingerprint", std::move(fingerprint)}});
}

Result<ClusterManifest> decode_manifest(std::string_view text) {
    Json json = TRY(base::parse_json(text, kManifestLimits), "the manifest");
    if (base::text_at(json, "/format") != "cluster-state/1")
        return fail(ErrorCode::Unsupported, "the point holds '{}', not a cluster's state",
                    base::text_at(json, "/format"));
    ClusterManifest manifest;
    manifest.cluster = {.uid = base::text_at(json, "/cluster/uid"),
                        .context = base::text_at(json, "/cluster/context"),
                        .server = base::text_at(json, "/cluster/server"),
                        .kubernetes_version = base::text_at(json, "/cluster/kubernetesVersion")};
    manifest.started_at = TRY(base::from_rfc3339(base::text_at(json, "/startedAt")));
    manifest.finished_at = TRY(base::from_rfc3339(base::text_at(json, "/finishedAt")));
    manifest.resource_version = base::text_at(json, "/resourceVersion");
    manifest.restarts = count_at(json, "/restarts");
    if (const Json* selection = base::find_json(json, "/selection"))
        manifest.selection = TRY(selection_spec_from_json(*selection));
    for (const Json& type : *TRY(array_at(json, "/types")))
        manifest.types.push_back(TRY(type_from_json(type)));
    for (const Json& failure : *TRY(array_at(json, "/failures")))
        manifest.failures.push_back({.group_version = base::text_at(failure, "/groupVersion"),
                                     .reason = base::text_at(failure, "/reason")});
    manifest.missing_namespaces = texts(json, "/missingNamespaces");
    for (const Json& volume : *TRY(array_at(json, "/volumesWithoutData")))
        manifest.volumes.push_back({.ns = base::text_at(volume, "/namespace"),
                                    .claim = base::text_at(volume, "/claim"),
                                    .volume = base::text_at(volume, "/volume"),
                                    .storage_class = base::text_at(volume, "/storageClass")});
    if (const Json* fingerprint = base::find_json(json, "/fingerprint"))
        manifest.fingerprint = base::dump_json(*fingerprint);
    return manifest;
}

}  // namespace holdfast::engine

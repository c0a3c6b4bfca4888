#include "jobs/restore_metadata.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <tuple>

#include "base/json.h"
#include "base/text.h"
#include "engine/selection.h"

namespace holdfast::jobs {

namespace {

constexpr base::JsonLimits kValueLimits{.bytes = 1u << 20, .depth = 32};

/// What only a new cluster needs. A client may send them along; they then mean nothing.
constexpr std::array<std::string_view, 8> kNewClusterKeys = {"eksclusterversion",
                                                             "clusterrole",
                                                             "encryptionconfigproviderkeyarn",
                                                             "controlplanescalingtier",
                                                             "clustervpcconfig",
                                                             "nodegroups",
                                                             "fargateprofiles",
                                                             "podidentityassociations"};

Result<bool> flag_of(const std::string& key, const std::string& value) {
    const std::string lower = base::to_lower(value);
    if (lower != "true" && lower != "false")
        return fail(ErrorCode::InvalidArgument, "{} must be \"true\" or \"false\", not '{}'", key,
                    value);
    return lower == "true";
}

/// Some clients put a document into a text once more than others.
Result<Json> document_of(const std::string& key, const std::string& value) {
    Json json = TRY(base::parse_json(value, kValueLimits), "{}", key);
    if (json.is_string())
        json = TRY(base::parse_json(json.get_ref<const std::string&>(), kValueLimits), "{}", key);
    return json;
}

Result<std::vector<std::string>> list_of(const std::string& key, const std::string& value) {
    const Json json = TRY(document_of(key, value));
    std::vector<std::string> texts;
    bool good = json.is_array();
    for (std::size_t i = 0; good && i < json.size(); ++i) {
        good = json[i].is_string();
        if (good) texts.push_back(json[i].get<std::string>());
    }
    if (!good)
        return fail(ErrorCode::InvalidArgument,
                    "{} must be a JSON list of texts, such as [\"a\",\"b\"]", key);
    return texts;
}

Result<std::map<std::string, std::string>> map_of(const std::string& key,
                                                  const std::string& value) {
    const Json json = TRY(document_of(key, value));
    std::map<std::string, std::string> texts;
    bool good = json.is_object();
    if (good)
        for (const auto& [name, text] : json.items()) {
            good = good && text.is_string();
            if (text.is_string()) texts[name] = text.get<std::string>();
        }
    if (!good)
        return fail(ErrorCode::InvalidArgument,
                    "{} must be a JSON object of texts, such as {{\"old\":\"new\"}}", key);
    return texts;
}

/// A child's metadata may be an object or a text that holds one; here only the ARNs count.
Result<std::vector<std::string>> nested_of(const std::string& key, const std::string& value) {
    const Json json = TRY(document_of(key, value));
    if (!json.is_object())
        return fail(ErrorCode::InvalidArgument,
                    "{} must be a JSON object from recovery point ARNs to metadata", key);
    std::vector<std::string> arns;
    for (const auto& [arn, metadata] : json.items()) arns.push_back(arn);
    return arns;
}

/// One key after the other, and what they mean together at the end.
class Reader {
public:
    Result<void> read(const std::string& key, const std::string& value) {
        const std::string lower = base::to_lower(key);
        engine::RestoreOptions& options = request_.options;
        if (lower == "clustername")
            request_.cluster_name = value;
        else if (lower == "newcluster")
            new_cluster_ = TRY(flag_of(key, value));
        else if (lower == "namespacelevelrestore")
            by_namespace_ = TRY(flag_of(key, value));
        else if (lower == "restorekubernetesmanifestsonly")
            std::ignore = TRY(flag_of(key, value));
        else if (lower == "namespaces")
            options.selection.namespaces = TRY(list_of(key, value));
        else if (lower == "kubernetesrestoreorder")
            options.order = TRY(list_of(key, value));
        else if (lower == "nestedrestorejobs")
            request_.nested_points = TRY(nested_of(key, value));
        else if (lower == "namespacemappings")
            options.mappings.namespaces = TRY(map_of(key, value));
        else if (lower == "existingresourcepolicy")
            options.existing = TRY(engine::parse_existing_policy(base::to_lower(value)), "{}", key);
        else if (lower == "transforms")
            options.transforms = value;
        else if (std::ranges::find(kNewClusterKeys, lower) == kNewClusterKeys.end())
            return fail(ErrorCode::InvalidArgument, "Unknown restore metadata key: {}", key);
        return {};
    }

    Result<RestoreRequest> finish() {
        if (request_.cluster_name.empty())
            return fail(ErrorCode::InvalidArgument, "The metadata must have clusterName.");
        if (new_cluster_)
            return fail(ErrorCode::InvalidArgument,
                        "Holdfast cannot make a new cluster yet: restore into an existing one "
                        "(newCluster \"false\").");
        if (!by_namespace_ && !request_.options.selection.namespaces.empty())
            return fail(ErrorCode::InvalidArgument,
                        "namespaces are for a restore with namespaceLevelRestore \"true\".");
        if (by_namespace_) request_.options.selection.cluster_scoped = engine::ClusterScoped::None;
        return std::move(request_);
    }

private:
    RestoreRequest request_;
    bool new_cluster_ = false;
    bool by_namespace_ = false;
};

}  // namespace

Result<RestoreRequest> read_restore_metadata(const std::map<std::string, std::string>& metadata) {
    Reader reader;
    for (const auto& [key, value] : metadata) TRY(reader.read(key, value));
    return reader.finish();
}

}  // namespace holdfast::jobs

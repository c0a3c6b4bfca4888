#include "engine/transforms.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"
#include "engine/name_pattern.h"
#include "kube/label_selector.h"
#include "kube/object_view.h"
#include "kube/yaml.h"

namespace holdfast::engine {

struct Transforms::Rule {
    struct Match {
        std::string path;
        Json value;
    };

    std::vector<std::string> namespaces;
    std::string group_resource;
    std::optional<NamePattern> name;
    kube::LabelSelector labels;
    std::vector<Match> matches;
    Json patches = Json::array();  ///< RFC 6902 operations.
    std::vector<Json> merges;
};

Transforms::Transforms() = default;
Transforms::Transforms(const Transforms&) = default;
Transforms::Transforms(Transforms&&) noexcept = default;
Transforms& Transforms::operator=(const Transforms&) = default;
Transforms& Transforms::operator=(Transforms&&) noexcept = default;
Transforms::~Transforms() = default;

namespace {

constexpr std::size_t kMaxRules = 1000;
constexpr std::size_t kMaxPatches = 1000;
/// nlohmann's exception for a `test` operation that does not hold.
constexpr int kTestFailed = 501;

using Rule = Transforms::Rule;

/// Text as JSON where it is JSON, and as a string otherwise, as Velero reads patch values.
Json loose_value(const Json& value) {
    if (!value.is_string()) return value;
    auto parsed = base::parse_json(value.get_ref<const std::string&>());
    return parsed ? *parsed : value;
}

Result<const Json*> list_at(const Json& json, const char* member) {
    static const Json kNone = Json::array();
    auto found = json.find(member);
    if (found == json.end() || found->is_null()) return &kNone;
    if (!found->is_array()) return fail(ErrorCode::InvalidArgument, "{} is no list", member);
    if (found->size() > kMaxPatches)
        return fail(ErrorCode::InvalidArgument, "{} has more than {} entries", member, kMaxPatches);
    return &*found;
}

Result<std::string> selector_text(const Json& selector) {
    std::string text;
    auto add = [&](const std::string& term) { text += (text.empty() ? "" : ",") + term; };
    if (const Json* labels = base::find_json(selector, "/matchLabels"))
        for (const auto& [key, value] : labels->items())
            add(key + "=" + (value.is_string() ? value.get<std::string>() : ""));
    const Json* expressions = base::find_json(selector, "/matchExpressions");
    if (expressions == nullptr) return text;
    for (const Json& expression : *expressions) {
        std::string key = base::text_at(expression, "/key");
        std::string op = base::text_at(expression, "/operator");
        std::vector<std::string> values;
        if (const Json* list = base::find_json(expression, "/values"))
            for (const Json& value : *list)
                if (value.is_string()) values.push_back(value.get<std::string>());
        if (op == "In" || op == "NotIn")
            add(fmt::format("{} {} ({})", key, base::to_lower(op), base::join(values, ",")));
        else if (op == "Exists")
            add(key);
        else if (op == "DoesNotExist")
            add("!" + key);
        else
            return fail(ErrorCode::InvalidArgument, "labelSelector operator '{}'", op);
    }
    return text;
}

Result<void> read_conditions(const Json& conditions, Rule& rule) {
    if (!conditions.is_object()) return fail(ErrorCode::InvalidArgument, "conditions are missing");
    for (const Json& ns : *TRY(list_at(conditions, "namespaces")))
        if (ns.is_string()) rule.namespaces.push_back(ns.get<std::string>());
    rule.group_resource = base::text_at(conditions, "/groupResource");
    if (rule.group_resource.empty())
        return fail(ErrorCode::InvalidArgument, "conditions.groupResource is missing");
    std::string pattern = base::text_at(conditions, "/resourceNameRegex");
    if (!pattern.empty()) rule.name = TRY(NamePattern::create(pattern), "resourceNameRegex");
    if (const Json* selector = base::find_json(conditions, "/labelSelector")) {
        std::string text = TRY(selector_text(*selector));
        rule.labels = TRY(kube::LabelSelector::parse(text), "labelSelector");
    }
    for (const Json& match : *TRY(list_at(conditions, "matches"))) {
        auto value = match.is_object() ? match.find("value") : match.end();
        rule.matches.push_back({.path = base::text_at(match, "/path"),
                                .value = value == match.end() ? Json() : loose_value(*value)});
    }
    return {};
}

Result<Json> read_patch(const Json& entry) {
    static constexpr std::array<std::string_view, 6> kOperations = {"add",  "remove", "replace",
                                                                    "move", "copy",   "test"};
    std::string operation = base::text_at(entry, "/operation");
    if (std::ranges::find(kOperations, operation) == kOperations.end())
        return fail(ErrorCode::InvalidArgument, "patch operation '{}'", operation);
    Json patch = {{"op", operation}, {"path", base::text_at(entry, "/path")}};
    if (operation == "move" || operation == "copy") patch["from"] = base::text_at(entry, "/from");
    if (operation == "add" || operation == "replace" || operation == "test") {
        auto value = entry.find("value");
        if (value != entry.end() && value->is_structured())
            return fail(ErrorCode::InvalidArgument,
                        "the value at {} is not text; write it as JSON in quotes",
                        base::text_at(entry, "/path"));
        patch["value"] = value == entry.end() ? Json("") : loose_value(*value);
    }
    return patch;
}

Result<Rule> read_rule(const Json& json) {
    Rule rule;
    if (!json.is_object()) return fail(ErrorCode::InvalidArgument, "it is no mapping");
    auto conditions = json.find("conditions");
    TRY(read_conditions(conditions == json.end() ? Json() : *conditions, rule));
    if (!TRY(list_at(json, "strategicPatches"))->empty())
        return fail(ErrorCode::Unsupported,
                    "strategic patches are not supported; use patches or mergePatches");
    const Json* patches = TRY(list_at(json, "patches"));
    const Json* merges = TRY(list_at(json, "mergePatches"));
    if (patches->empty() == merges->empty())
        return fail(ErrorCode::InvalidArgument, "it needs either patches or mergePatches");
    for (const Json& entry : *patches) rule.patches.push_back(TRY(read_patch(entry)));
    for (const Json& entry : *merges) {
        std::string data = base::text_at(entry, "/patchData");
        rule.merges.push_back(TRY(kube::yaml_to_json(data, kube::YamlScalars::Typed), "patchData"));
    }
    return rule;
}

bool conditions_hold(const Rule& rule, const Transforms::Subject& subject, const Json& object) {
    if (!rule.namespaces.empty() &&
        std::ranges::none_of(rule.namespaces, [&](const std::string& glob) {
            return base::glob_matches(glob, subject.original_namespace);
        }))
        return false;
    std::string resource(subject.plural);
    if (!subject.group.empty()) resource.append(".").append(subject.group);
    if (!base::glob_matches(rule.group_resource, resource)) return false;
    if (rule.name && !rule.name->matches(subject.name)) return false;
    if (!rule.labels.empty()) {
        const Json* labels = base::find_json(object, "/metadata/labels");
        std::string text = labels == nullptr ? "" : base::dump_json(*labels);
        if (!rule.labels.matches(kube::read_labels(text))) return false;
    }
    return std::ranges::all_of(rule.matches, [&](const Rule::Match& match) {
        const Json* found = base::find_json(object, match.path);
        return found != nullptr && *found == match.value;
    });
}

/// RFC 6902 as a whole: on an error or a failed test the object is as before.
Result<void> apply_patches(const Json& patches, Json& object) {
    for (std::size_t done = 0; const Json& patch : patches) {
        ++done;
        try {
            Json one = Json::array({patch});
            object = object.patch(one);
        } catch (const Json::exception& error) {
            if (error.id == kTestFailed) return fail(ErrorCode::Conflict, "a test does not hold");
            return fail(ErrorCode::InvalidArgument, "patch {} cannot {} {}", done,
                        base::text_at(patch, "/op"), base::text_at(patch, "/path"));
        }
    }
    return {};
}

}  // namespace

Result<Transforms> Transforms::parse(std::string_view document) {
    Transforms transforms;
    if (base::trim(document).empty()) return transforms;
    Json json = TRY(kube::yaml_to_json(document, kube::YamlScalars::Text), "the transforms");
    std::string version = base::text_at(json, "/version");
    if (version != "v1")
        return fail(ErrorCode::InvalidArgument, "the transforms have version '{}', not v1",
                    version);
    const Json* rules = TRY(list_at(json, "resourceModifierRules"));
    if (rules->empty() || rules->size() > kMaxRules)
        return fail(ErrorCode::InvalidArgument, "the transforms need 1 to {} resourceModifierRules",
                    kMaxRules);
    for (const Json& rule : *rules)
        transforms.rules_.push_back(
            TRY(read_rule(rule), "transform rule {}", transforms.rules_.size() + 1));
    return transforms;
}

Result<void> Transforms::apply(const Subject& subject, Json& object) const {
    for (std::size_t number = 1; const Rule& rule : rules_) {
        if (conditions_hold(rule, subject, object)) {
            Json changed = object;
            auto patched = apply_patches(rule.patches, changed);
            if (patched) {
                for (const Json& merge : rule.merges) changed.merge_patch(merge);
                object = std::move(changed);
            } else if (patched.error().code != ErrorCode::Conflict) {
                return std::unexpected(
                    std::move(patched).error().context(fmt::format("transform rule {}", number)));
            }
        }
        ++number;
    }
    return {};
}

}  // namespace holdfast::engine

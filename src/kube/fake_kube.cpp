#include "kube/fake_kube.h"

#include <algorithm>
#include <charconv>
#include <exception>
#include <map>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <system_error>

#include "base/bytes.h"
#include "base/text.h"
#include "kube/label_selector.h"
#include "kube/list_page.h"
#include "kube/list_query.h"
#include "kube/object_view.h"
#include "kube/resource_type.h"
#include "kube/status_error.h"
#include "net/url.h"

namespace holdfast::kube {
namespace {

using Revision = std::uint64_t;

constexpr Revision kFirstRevision = 100;
constexpr std::string_view kNow = "2026-11-21T12:00:00Z";

ResourceType type(std::string_view group, std::string_view version, std::string_view kind,
                  std::string_view plural, bool namespaced, bool has_status = false) {
    ResourceType made;
    made.group = group;
    made.version = version;
    made.kind = kind;
    made.plural = plural;
    made.singular = base::to_lower(kind);
    made.namespaced = namespaced;
    made.has_status = has_status;
    made.verbs = {"create", "delete", "get", "list", "patch", "update", "watch"};
    return made;
}

std::vector<ResourceType> usual_types() {
    std::vector<ResourceType> types = {
        type("", "v1", "ConfigMap", "configmaps", true),
        type("", "v1", "Endpoints", "endpoints", true),
        type("", "v1", "Event", "events", true),
        type("", "v1", "LimitRange", "limitranges", true),
        type("", "v1", "Namespace", "namespaces", false, true),
        type("", "v1", "Node", "nodes", false, true),
        type("", "v1", "PersistentVolume", "persistentvolumes", false, true),
        type("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", true, true),
        type("", "v1", "Pod", "pods", true, true),
        type("", "v1", "ResourceQuota", "resourcequotas", true, true),
        type("", "v1", "Secret", "secrets", true),
        type("", "v1", "Service", "services", true, true),
        type("", "v1", "ServiceAccount", "serviceaccounts", true),
        type("apps", "v1", "Deployment", "deployments", true, true),
        type("apps", "v1", "ReplicaSet", "replicasets", true, true),
        type("apps", "v1", "StatefulSet", "statefulsets", true, true),
        type("batch", "v1", "Job", "jobs", true, true),
        type("rbac.authorization.k8s.io", "v1", "Role", "roles", true),
        type("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", true),
        type("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", false),
        type("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", false),
        type("storage.k8s.io", "v1", "StorageClass", "storageclasses", false),
        type("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions",
             false, true),
    };
    return types;
}

Response answer(int status, const Json& body) {
    return {.status = status, .body = base::dump_json(body), .headers = {}};
}

Response refusal(int status, std::string_view reason, std::string message, Json details = {}) {
    Json body = {{"kind", "Status"},    {"apiVersion", "v1"}, {"metadata", Json::object()},
                 {"status", "Failure"}, {"message", message}, {"reason", reason},
                 {"code", status}};
    if (!details.is_null()) body["details"] = std::move(details);
    return answer(status, body);
}

std::string parameter(const Request& request, std::string_view name) {
    for (const auto& [known, value] : request.query) {
        if (known == name) return value;
    }
    return "";
}

/// What the path of a request addresses.
struct Address {
    const ResourceType* type = nullptr;
    std::string ns;
    std::string name;
    std::string subresource;
};

struct Key {
    std::string group_plural;
    std::string ns;
    std::string name;
    auto operator<=>(const Key&) const = default;
};

/// All states of one object, oldest first; no object: deleted.
struct Version {
    Revision revision;
    std::optional<Json> object;
};

}  // namespace

/// The state behind the lock.
class FakeKube::Server {
public:
    Server() : types_(usual_types()) {
        for (const char* name : {"default", "kube-system"}) add_namespace(name);
    }

    Discovery discovery() const {
        Discovery found;
        found.types = types_;
        std::ranges::sort(found.types, {}, [](const ResourceType& known) {
            return std::pair(known.group, known.kind);
        });
        found.failures = failures_;
        found.version.git_version = "v1.34.0";
        return found;
    }

    /// The fault for this request, used up once.
    std::optional<FakeFault> next_fault(const Request& request) {
        for (FakeFault& fault : faults_) {
            if (fault.times <= 0 || (fault.when && !fault.when(request))) continue;
            --fault.times;
            return fault;
        }
        return std::nullopt;
    }

    Response serve(const Request& request) {
        const std::optional<Address> address = parse(request.path);
        if (!address) return refusal(404, "NotFound", "the server could not find the resource");
        if (request.body.size() > kMaxBodyBytes) {
            return refusal(413, "RequestEntityTooLarge",
                           "Request entity too large: limit is 3145728");
        }
        switch (request.method) {
            case Method::Get:
                return address->name.empty() ? serve_list(*address, request) : serve_get(*address);
            case Method::Post:
                return serve_create(*address, request);
            case Method::Put:
                return serve_replace(*address, request);
            case Method::Patch:
                return serve_patch(*address, request);
            case Method::Delete:
                return serve_delete(*address, request);
        }
        return refusal(405, "MethodNotAllowed", "the server does not allow this method");
    }

    const ResourceType& type_of(std::string_view kind) const {
        for (const ResourceType& known : types_) {
            if (known.kind == kind || known.plural == kind || known.qualified_kind() == kind) {
                return known;
            }
        }
        ASSERT(!"a kind that the fake does not serve");
        return types_.front();
    }

    Json add(std::string_view kind, Json object) {
        const ResourceType& known = type_of(kind);
        object["apiVersion"] = known.api_version();
        object["kind"] = known.kind;
        const std::string ns = base::text_at(object, "/metadata/namespace");
        if (known.namespaced && !live(namespace_key(ns))) add_namespace(ns);
        fill_metadata(object, "");
        const Json stored =
            store(key_of(known, ns, base::text_at(object, "/metadata/name")), object);
        if (known.kind == "CustomResourceDefinition") define(stored);
        return stored;
    }

    Key key_of(const ResourceType& known, std::string_view ns, std::string_view name) const {
        return {.group_plural = known.plural + "." + known.group,
                .ns = std::string(known.namespaced ? ns : ""),
                .name = std::string(name)};
    }

    std::optional<Json> live(const Key& key) const {
        const auto found = objects_.find(key);
        if (found == objects_.end()) return std::nullopt;
        return found->second.back().object;
    }

    Json store(const Key& key, Json object) {
        object["metadata"]["resourceVersion"] = std::to_string(++revision_);
        objects_[key].push_back({revision_, object});
        return object;
    }

    void erase(const Key& key) {
        if (live(key)) objects_[key].push_back({++revision_, std::nullopt});
    }

    std::size_t count(std::string_view kind) const {
        const std::string wanted = key_of(type_of(kind), "", "").group_plural;
        return static_cast<std::size_t>(std::ranges::count_if(objects_, [&](const auto& entry) {
            return entry.first.group_plural == wanted && entry.second.back().object;
        }));
    }

    std::vector<ResourceType> types_;
    std::vector<DiscoveryFailure> failures_;
    std::vector<FakeFault> faults_;
    std::vector<Request> requests_;
    Revision revision_ = kFirstRevision;
    Revision compacted_ = 0;

private:
    static constexpr std::size_t kMaxBodyBytes = 3u << 20u;

    static Key namespace_key(std::string_view name) {
        return {.group_plural = "namespaces.", .ns = "", .name = std::string(name)};
    }

    void add_namespace(std::string_view name) {
        Json object = {
            {"apiVersion", "v1"},
            {"kind", "Namespace"},
            {"metadata", {{"name", name}, {"labels", {{"kubernetes.io/metadata.name", name}}}}},
            {"spec", {{"finalizers", {"kubernetes"}}}},
            {"status", {{"phase", "Active"}}}};
        fill_metadata(object, "");
        store(namespace_key(name), std::move(object));
    }

    void fill_metadata(Json& object, const std::string& manager) {
        Json& metadata = object["metadata"];
        metadata["uid"] = fmt::format("00000000-0000-4000-8000-{:012}", ++uids_);
        metadata["creationTimestamp"] = kNow;
        metadata["generation"] = 1;
        metadata["managedFields"] = Json::array(
            {{{"manager", manager.empty() ? "fake" : manager}, {"operation", "Update"}}});
    }

    std::optional<Address> parse(std::string_view path) const {
        std::vector<std::string> parts;
        for (const std::string_view part : base::split(path.substr(1), '/')) {
            const Result<std::string> decoded = net::percent_decode(part);
            if (!decoded || decoded->empty()) return std::nullopt;
            parts.push_back(*decoded);
        }
        const bool core = parts.size() >= 2 && parts[0] == "api";
        if (!core && (parts.size() < 3 || parts[0] != "apis")) return std::nullopt;
        const std::string group = core ? "" : parts[1];
        const std::string version = core ? parts[1] : parts[2];
        parts.erase(parts.begin(), parts.begin() + (core ? 2 : 3));
        Address address;
        if (parts.size() >= 3 && parts[0] == "namespaces" && find_type(group, version, parts[2])) {
            address.ns = parts[1];
            parts.erase(parts.begin(), parts.begin() + 2);
        }
        if (parts.empty() || parts.size() > 3) return std::nullopt;
        address.type = find_type(group, version, parts[0]);
        if (address.type == nullptr) return std::nullopt;
        if (parts.size() > 1) address.name = parts[1];
        if (parts.size() > 2) address.subresource = parts[2];
        if (!is_served(address)) return std::nullopt;
        return address;
    }

    static bool is_served(const Address& address) {
        const bool whole = address.subresource.empty();
        if (!whole && !(address.subresource == "status" && address.type->has_status)) return false;
        if (!address.type->namespaced) return address.ns.empty();
        return !address.ns.empty() || address.name.empty();
    }

    const ResourceType* find_type(std::string_view group, std::string_view version,
                                  std::string_view plural) const {
        for (const ResourceType& known : types_) {
            const bool served =
                known.version == version ||
                std::ranges::find(known.other_versions, version) != known.other_versions.end();
            if (known.group == group && known.plural == plural && served) return &known;
        }
        return nullptr;
    }

    static Response not_found(const Address& address) {
        return refusal(404, "NotFound",
                       fmt::format("{} \"{}\" not found", address.type->plural, address.name));
    }

    Response serve_get(const Address& address) const {
        const auto object = live(key_of(*address.type, address.ns, address.name));
        return object ? answer(200, *object) : not_found(address);
    }

    /// Nothing when `body` fits the address.
    std::optional<Response> check_body(const Address& address, Json& body) const {
        if (!body.is_object()) return refusal(400, "BadRequest", "the body is no object");
        if (base::text_at(body, "/apiVersion") != address.type->api_version() ||
            base::text_at(body, "/kind") != address.type->kind) {
            return refusal(400, "BadRequest", "apiVersion or kind do not match the path");
        }
        if (!body.contains("metadata")) body["metadata"] = Json::object();
        const std::string ns = base::text_at(body, "/metadata/namespace");
        if (address.type->namespaced) {
            if (address.ns.empty() || (!ns.empty() && ns != address.ns)) {
                return refusal(400, "BadRequest",
                               "the namespace of the provided object does not match the namespace "
                               "sent on the request");
            }
            body["metadata"]["namespace"] = address.ns;
        } else if (!ns.empty()) {
            return refusal(400, "BadRequest", "namespace is not allowed on this type");
        }
        return std::nullopt;
    }

    std::optional<Response> check_namespace(const Address& address) const {
        if (!address.type->namespaced) return std::nullopt;
        const auto ns = live(namespace_key(address.ns));
        if (!ns) {
            return refusal(404, "NotFound", fmt::format("namespaces \"{}\" not found", address.ns));
        }
        if (!base::text_at(*ns, "/metadata/deletionTimestamp").empty()) {
            const std::string message = fmt::format(
                "unable to create new"
                " content in namespace {} because it is being terminated",
                address.ns);
            return refusal(403, "Forbidden", message,
                           {{"causes", {{{"reason", "NamespaceTerminating"}}}}});
        }
        return std::nullopt;
    }

    Response serve_create(const Address& address, const Request& request) {
        if (!address.name.empty()) {
            return refusal(405, "MethodNotAllowed", "the server does not allow this method");
        }
        Result<Json> parsed = base::parse_json(request.body);
        if (!parsed) return refusal(400, "BadRequest", parsed.error().message);
        Json object = *std::move(parsed);
        if (auto wrong = check_body(address, object)) return *std::move(wrong);
        if (object["metadata"].contains("resourceVersion")) {
            return refusal(400, "BadRequest",
                           "resourceVersion should not be set on objects to be created");
        }
        const std::string name = base::text_at(object, "/metadata/name");
        if (name.empty()) {
            return refusal(422, "Invalid", "metadata.name: Required value: name is required");
        }
        if (auto wrong = check_namespace(address)) return *std::move(wrong);
        const Key key = key_of(*address.type, address.ns, name);
        if (live(key)) {
            return refusal(409, "AlreadyExists",
                           fmt::format("{} \"{}\" already exists", address.type->plural, name));
        }
        for (const char* owned : {"deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"}) {
            object["metadata"].erase(owned);
        }
        if (address.type->has_status) object.erase("status");
        fill_metadata(object, parameter(request, "fieldManager"));
        if (address.type->kind == "Namespace") {
            object["spec"] = {{"finalizers", {"kubernetes"}}};
            object["status"] = {{"phase", "Active"}};
            object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
        }
        if (parameter(request, "dryRun") == "All") return answer(201, object);
        object = store(key, std::move(object));
        if (address.type->kind == "CustomResourceDefinition") object = define(object);
        return answer(201, object);
    }

    /// Serves the kind of a definition and marks it established.
    Json define(Json definition) {
        ResourceType made;
        made.group = base::text_at(definition, "/spec/group");
        made.kind = base::text_at(definition, "/spec/names/kind");
        made.plural = base::text_at(definition, "/spec/names/plural");
        made.singular = base::to_lower(made.kind);
        made.namespaced = base::text_at(definition, "/spec/scope") == "Namespaced";
        made.verbs = {"create", "delete", "get", "list", "patch", "update", "watch"};
        for (const Json& version : definition["spec"]["versions"]) {
            if (!base::bool_at(version, "/served")) continue;
            made.has_status |= base::find_json(version, "/subresources/status") != nullptr;
            const std::string name = base::text_at(version, "/name");
            if (made.version.empty()) {
                made.version = name;
            } else {
                made.other_versions.push_back(name);
            }
        }
        std::erase_if(types_, [&](const ResourceType& known) {
            return known.group == made.group && known.plural == made.plural;
        });
        types_.push_back(made);
        definition["status"]["conditions"] = {{{"type", "NamesAccepted"}, {"status", "True"}},
                                              {{"type", "Established"}, {"status", "True"}}};
        const Key key = {.group_plural = "customresourcedefinitions.apiextensions.k8s.io",
                         .ns = "",
                         .name = base::text_at(definition, "/metadata/name")};
        return store(key, std::move(definition));
    }

    /// The live object with what `wanted` changes and a client may change.
    static Json merged(const Address& address, const Json& live_object, const Json& wanted) {
        Json next = wanted;
        for (const char* owned : {"uid", "creationTimestamp", "generation", "resourceVersion",
                                  "deletionTimestamp", "managedFields"}) {
            next["metadata"].erase(owned);
            if (live_object["metadata"].contains(owned)) {
                next["metadata"][owned] = live_object["metadata"][owned];
            }
        }
        if (address.subresource == "status") {
            Json with_status = live_object;
            with_status["status"] = wanted.contains("status") ? wanted["status"] : Json::object();
            return with_status;
        }
        if (address.type->has_status) {
            next.erase("status");
            if (live_object.contains("status")) next["status"] = live_object["status"];
        }
        if (next.value("spec", Json()) != live_object.value("spec", Json())) {
            next["metadata"]["generation"] =
                base::integer_at(live_object, "/metadata/generation").value_or(0) + 1;
        }
        return next;
    }

    Response finish_change(const Address& address, const Request& request, const Key& key,
                           const Json& live_object, const Json& wanted) {
        const std::string expected = base::text_at(wanted, "/metadata/resourceVersion");
        if (!expected.empty() &&
            expected != base::text_at(live_object, "/metadata/resourceVersion")) {
            return refusal(409, "Conflict",
                           fmt::format("Operation cannot be fulfilled on {} \"{}\": the object has "
                                       "been modified; please apply your changes to the latest "
                                       "version and try again",
                                       address.type->plural, address.name));
        }
        const std::string uid = base::text_at(wanted, "/metadata/uid");
        if (!uid.empty() && uid != base::text_at(live_object, "/metadata/uid")) {
            return refusal(409, "Conflict", "Precondition failed: UID in precondition");
        }
        const Json next = merged(address, live_object, wanted);
        if (next == live_object) return answer(200, live_object);
        if (base::bool_at(live_object, "/immutable") &&
            (next.value("data", Json()) != live_object.value("data", Json()))) {
            return refusal(422, "Invalid",
                           "data: Forbidden: field is immutable when `immutable` is set");
        }
        if (parameter(request, "dryRun") == "All") return answer(200, next);
        if (!base::text_at(next, "/metadata/deletionTimestamp").empty() &&
            finalizers(next).empty()) {
            erase(key);
            return answer(200, next);
        }
        return answer(200, store(key, next));
    }

    Response serve_replace(const Address& address, const Request& request) {
        Result<Json> parsed = base::parse_json(request.body);
        if (!parsed) return refusal(400, "BadRequest", parsed.error().message);
        Json wanted = *std::move(parsed);
        if (auto wrong = check_body(address, wanted)) return *std::move(wrong);
        const Key key = key_of(*address.type, address.ns, address.name);
        const auto found = live(key);
        if (!found) return not_found(address);
        if (base::text_at(wanted, "/metadata/name") != address.name) {
            return refusal(400, "BadRequest",
                           "the name of the object does not match the name on the URL");
        }
        return finish_change(address, request, key, *found, wanted);
    }

    static bool is_custom(const ResourceType& type) {
        return type.group.contains('.') && !type.group.ends_with("k8s.io");
    }

    /// The owner references of `object` and those of `patch` that it lacks.
    static Json joined_by_uid(const Json& object, const Json& patch) {
        const Json* known = base::find_json(object, "/metadata/ownerReferences");
        std::map<std::string, Json> by_uid;
        for (const Json& owner : known == nullptr ? Json::array() : *known)
            by_uid[base::text_at(owner, "/uid")] = owner;
        for (const Json& owner : patch) by_uid[base::text_at(owner, "/uid")].update(owner);
        Json joined = Json::array();
        for (auto& [uid, owner] : by_uid) joined.push_back(std::move(owner));
        return joined;
    }

    Response serve_patch(const Address& address, const Request& request) {
        const Key key = key_of(*address.type, address.ns, address.name);
        const auto found = live(key);
        if (!found) return not_found(address);
        const Result<Json> patch = base::parse_json(request.body);
        if (!patch) return refusal(400, "BadRequest", patch.error().message);
        Json wanted = *found;
        wanted["metadata"].erase("resourceVersion");
        if (request.content_type == kMergePatch) {
            wanted.merge_patch(*patch);
        } else if (request.content_type == kStrategicMergePatch && !is_custom(*address.type)) {
            // Of all lists that are merged by key only this one is sent here.
            Json merged = *patch;
            if (const Json* more = base::find_json(*patch, "/metadata/ownerReferences"))
                merged["metadata"]["ownerReferences"] = joined_by_uid(wanted, *more);
            wanted.merge_patch(merged);
        } else if (request.content_type == kJsonPatch) {
            try {
                wanted = wanted.patch(*patch);
            } catch (const std::exception& error) {
                return refusal(422, "Invalid", error.what());
            }
        } else {
            return refusal(
                415, "UnsupportedMediaType",
                "the fake takes merge and JSON patches, strategic ones for built-in kinds");
        }
        return finish_change(address, request, key, *found, wanted);
    }

    static Json finalizers(const Json& object) {
        const Json* found = base::find_json(object, "/metadata/finalizers");
        return found == nullptr ? Json::array() : *found;
    }

    Response serve_delete(const Address& address, const Request& request) {
        const Key key = key_of(*address.type, address.ns, address.name);
        auto found = live(key);
        if (address.name.empty()) return refusal(405, "MethodNotAllowed", "no collections");
        if (!found) return not_found(address);
        if (!request.body.empty()) {
            const Result<Json> options = base::parse_json(request.body);
            if (!options) return refusal(400, "BadRequest", options.error().message);
            for (const char* field : {"uid", "resourceVersion"}) {
                const std::string wanted =
                    base::text_at(*options, fmt::format("/preconditions/{}", field));
                const std::string have = base::text_at(*found, fmt::format("/metadata/{}", field));
                if (!wanted.empty() && wanted != have) {
                    return refusal(409, "Conflict",
                                   fmt::format("Precondition failed: {} in precondition: {}, {} in "
                                               "object meta: {}",
                                               field, wanted, field, have));
                }
            }
        }
        if (parameter(request, "dryRun") == "All") return answer(200, *found);
        if (!finalizers(*found).empty()) {
            (*found)["metadata"]["deletionTimestamp"] = kNow;
            return answer(200, store(key, *std::move(found)));
        }
        erase(key);
        return answer(200, {{"kind", "Status"}, {"apiVersion", "v1"}, {"status", "Success"}});
    }

    static bool selected(const Json& object, const LabelSelector& labels, std::string_view field,
                         std::string_view value) {
        Labels have;
        if (const Json* raw = base::find_json(object, "/metadata/labels")) {
            have = read_labels(base::dump_json(*raw));
        }
        if (!labels.matches(have)) return false;
        if (field.empty()) return true;
        const std::string pointer =
            field == "metadata.name" ? "/metadata/name" : "/metadata/namespace";
        return base::text_at(object, pointer) == value;
    }

    static std::optional<Revision> revision_from(std::string_view text) {
        Revision revision = 0;
        const char* end = text.data() + text.size();
        const auto [stopped, error] = std::from_chars(text.data(), end, revision);
        if (error != std::errc() || stopped != end) return std::nullopt;
        return revision;
    }

    static Response expired() {
        return refusal(410, "Expired",
                       "The provided continue parameter or resourceVersion is too old");
    }

    /// At which revision a list is made and after which object it goes on; or why not.
    std::optional<Response> place_of(const Request& request, Revision& at,
                                     std::string& after) const {
        const std::string token = parameter(request, "continue");
        const std::string version = parameter(request, "resourceVersion");
        const std::string match = parameter(request, "resourceVersionMatch");
        at = revision_;
        if (!token.empty()) {
            if (!version.empty()) {
                return refusal(400, "BadRequest",
                               "specifying resource version is not allowed when using continue");
            }
            const std::size_t colon = token.find(':');
            at = revision_from(token.substr(0, colon)).value_or(0);
            after = token.substr(std::min(colon, token.size() - 1) + 1);
        } else if (!version.empty()) {
            const std::optional<Revision> wanted = revision_from(version);
            if (!wanted || (match != "Exact" && match != "NotOlderThan")) {
                return refusal(400, "BadRequest", "an unusable resourceVersion or match");
            }
            if (*wanted > revision_) {
                return refusal(
                    504, "Timeout",
                    fmt::format("Too large resource version: {}, current: {}", *wanted, revision_),
                    {{"causes", {{{"reason", "ResourceVersionTooLarge"}}}}});
            }
            if (match == "Exact") at = *wanted;
        }
        if (at < compacted_) return expired();
        return std::nullopt;
    }

    Response serve_list(const Address& address, const Request& request) const {
        Revision at = 0;
        std::string after;
        if (auto wrong = place_of(request, at, after)) return *std::move(wrong);
        const auto selector = LabelSelector::parse(parameter(request, "labelSelector"));
        if (!selector) return refusal(400, "BadRequest", selector.error().message);
        const std::string fields = parameter(request, "fieldSelector");
        const std::string field = fields.substr(0, fields.find('='));
        if (!fields.empty() && field != "metadata.name" && field != "metadata.namespace") {
            return refusal(400, "BadRequest", "field label not supported: " + field);
        }
        const std::string value = fields.empty() ? "" : fields.substr(field.size() + 1);
        const auto limit = revision_from(parameter(request, "limit")).value_or(0);
        const std::string wanted = key_of(*address.type, "", "").group_plural;

        Json items = Json::array();
        std::string last;
        std::string next;
        std::int64_t remaining = 0;
        for (const auto& [key, versions] : objects_) {
            if (key.group_plural != wanted || !is_in_page(key, address.ns, after)) continue;
            const std::optional<Json> object = state_at(versions, at);
            if (!object || !selected(*object, *selector, field, value)) continue;
            if (limit > 0 && items.size() == limit) {
                next = fmt::format("{}:{}", at, last);
                ++remaining;
                continue;
            }
            last = key.ns + "/" + key.name;
            items.push_back(as_item(*address.type, *object));
        }
        Json metadata = {{"resourceVersion", std::to_string(at)}};
        if (!next.empty()) {
            metadata["continue"] = next;
            if (fields.empty() && selector->empty()) metadata["remainingItemCount"] = remaining;
        }
        return answer(200, {{"kind", address.type->kind + "List"},
                            {"apiVersion", address.type->api_version()},
                            {"metadata", metadata},
                            {"items", std::move(items)}});
    }

    static bool is_in_page(const Key& key, const std::string& ns, const std::string& after) {
        if (!ns.empty() && key.ns != ns) return false;
        return after.empty() || std::pair(key.ns, key.name) > place_in(after);
    }

    static std::pair<std::string, std::string> place_in(const std::string& token) {
        const std::size_t slash = token.find('/');
        return {token.substr(0, slash), token.substr(std::min(slash, token.size() - 1) + 1)};
    }

    static std::optional<Json> state_at(const std::vector<Version>& versions, Revision at) {
        std::optional<Json> state;
        for (const Version& version : versions) {
            if (version.revision <= at) state = version.object;
        }
        return state;
    }

    /// Items of built-in kinds lack apiVersion and kind, as those of a real server do.
    static Json as_item(const ResourceType& known, Json object) {
        if (!is_custom(known)) {
            object.erase("apiVersion");
            object.erase("kind");
        }
        return object;
    }

    std::map<Key, std::vector<Version>> objects_;
    std::uint64_t uids_ = 0;
};

namespace {

Error unreachable() {
    return Error{.code = ErrorCode::Unavailable,
                 .message = "cannot connect to https://fake: connection refused"};
}

}  // namespace

FakeKube::FakeKube()
    : server_(
          std::make_unique<base::Guarded<std::unique_ptr<Server>>>(std::make_unique<Server>())) {}
FakeKube::~FakeKube() = default;

std::string FakeKube::server() const {
    return "https://fake";
}

Result<Discovery> FakeKube::discover(std::stop_token stop) {
    if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "stopped");
    return server_->update([](auto& server) { return server->discovery(); });
}

Result<Response> FakeKube::send(const Request& request, std::stop_token stop) {
    if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "stopped");
    return server_->update([&](auto& server) -> Result<Response> {
        server->requests_.push_back(request);
        const std::optional<FakeFault> fault = server->next_fault(request);
        if (!fault) return server->serve(request);
        switch (fault->kind) {
            case FakeFault::Kind::Answer:
                return refusal(fault->status, fault->reason, fault->message);
            case FakeFault::Kind::Unreachable:
                return std::unexpected(unreachable());
            case FakeFault::Kind::LostReply:
                break;
        }
        Response lost = server->serve(request);
        if (request.lost_reply == LostReply::Fail) return std::unexpected(unreachable());
        return server->serve(request);
    });
}

Result<ListPage> FakeKube::list(const ResourceType& type, const ListOptions& options,
                                std::stop_token stop) {
    Request request;
    request.path = type.collection_path(options.ns);
    request.query = list_query(options, options.limit);
    const Response response = TRY(send(request, stop));
    if (!response.ok()) return std::unexpected(to_error(status_error(response)));
    ListParser parser;
    return parser.parse(base::to_bytes(response.body));
}

void FakeKube::add_type(ResourceType type) {
    server_->update([&](auto& server) { server->types_.push_back(std::move(type)); });
}

void FakeKube::add_discovery_failure(std::string group_version, std::string reason) {
    server_->update([&](auto& server) {
        server->failures_.push_back({std::move(group_version), std::move(reason)});
    });
}

Json FakeKube::add(std::string_view kind, std::string_view json) {
    Result<Json> object = base::parse_json(json);
    ASSERT(object.has_value());
    return server_->update([&](auto& server) { return server->add(kind, *std::move(object)); });
}

void FakeKube::change(std::string_view kind, std::string_view ns, std::string_view name,
                      std::string_view json) {
    Result<Json> object = base::parse_json(json);
    ASSERT(object.has_value());
    server_->update([&](auto& server) {
        const Key key = server->key_of(server->type_of(kind), ns, name);
        const auto before = server->live(key);
        ASSERT(before.has_value());
        Json next = *std::move(object);
        for (const char* kept : {"apiVersion", "kind"}) next[kept] = (*before)[kept];
        for (const char* kept : {"uid", "creationTimestamp", "name", "managedFields"}) {
            next["metadata"][kept] = (*before)["metadata"][kept];
        }
        if (!key.ns.empty()) next["metadata"]["namespace"] = key.ns;
        server->store(key, std::move(next));
    });
}

void FakeKube::remove(std::string_view kind, std::string_view ns, std::string_view name) {
    server_->update(
        [&](auto& server) { server->erase(server->key_of(server->type_of(kind), ns, name)); });
}

std::optional<Json> FakeKube::find(std::string_view kind, std::string_view ns,
                                   std::string_view name) {
    return server_->update([&](auto& server) {
        return server->live(server->key_of(server->type_of(kind), ns, name));
    });
}

std::size_t FakeKube::count(std::string_view kind) {
    return server_->update([&](auto& server) { return server->count(kind); });
}

void FakeKube::script(FakeFault fault) {
    server_->update([&](auto& server) { server->faults_.push_back(std::move(fault)); });
}

void FakeKube::compact() {
    server_->update([](auto& server) { server->compacted_ = server->revision_; });
}

std::vector<Request> FakeKube::requests() {
    return server_->update([](auto& server) { return server->requests_; });
}

std::string FakeKube::resource_version() {
    return server_->update([](auto& server) { return std::to_string(server->revision_); });
}

}  // namespace holdfast::kube

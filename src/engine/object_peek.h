#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/rules/owners.h"
#include "kube/object_view.h"

namespace holdfast::engine {

/// Something without a namespace that an object names: a class, a volume, a cluster role.
struct NamedNeed {
    std::string group;
    std::string kind;
    std::string name;

    auto operator<=>(const NamedNeed&) const = default;
};

/// Whether objects of this kind are ever named as a need, or are bindings that name an account.
bool can_be_needed(std::string_view group, std::string_view kind);

/// What planning wants to know of an object; cheap to read, unlike the object as a whole.
struct ObjectPeek {
    std::string api_version;
    std::string kind;
    std::string ns;
    std::string name;
    kube::Labels labels;
    kube::Labels annotations;  ///< Without values of more than kMaxAnnotation bytes.
    std::vector<rules::OwnerReference> owners;
    std::string type;           ///< Of a Secret.
    bool finished = false;      ///< A Job or Pod that has run to its end.
    bool has_backend = false;   ///< An APIService that another server answers for.
    std::string defined_group;  ///< Of a CustomResourceDefinition: what it defines.
    std::string defined_kind;
    std::string defined_plural;
    std::vector<std::string> defined_versions;  ///< Those that are served.
    std::string reclaim_policy;                 ///< Of a PersistentVolume.
    std::string claim_place;       ///< Of a PersistentVolume: "<namespace>\0<name>" of its claim.
    std::string deletion_policy;   ///< Of a VolumeSnapshotContent.
    std::string snapshot_handle;   ///< Of a VolumeSnapshotContent: from its source or its status.
    std::string snapshot_content;  ///< Of a VolumeSnapshot: the content it is bound to.
    std::vector<std::string> subject_namespaces;  ///< Of a binding: where its accounts live.
    std::vector<NamedNeed> needs;

    static constexpr std::size_t kMaxAnnotation = 4096;

    std::string group() const;
};

/// Reads peeks; keeps its buffers between calls. One thread at a time.
class ObjectPeeker {
public:
    ObjectPeeker();
    ~ObjectPeeker();

    /// Corrupted when `body` is no JSON object. Fields of a wrong type count as absent.
    Result<ObjectPeek> peek(std::string_view body);

private:
    struct Parser;
    std::unique_ptr<Parser> parser_;
};

}  // namespace holdfast::engine

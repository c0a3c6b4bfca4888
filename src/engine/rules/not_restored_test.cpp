#include "engine/rules/not_restored.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace holdfast::engine::rules {
namespace {

ObjectPeek object(std::string_view api_version, std::string_view kind,
                  std::string_view name = "x") {
    ObjectPeek peek;
    peek.api_version = api_version;
    peek.kind = kind;
    peek.ns = "shop";
    peek.name = name;
    return peek;
}

bool restored(const ObjectPeek& peek) {
    return why_not_restored(peek).empty();
}

TEST(NotRestored, WhatIsBoundToNodesAndMoments) {
    EXPECT_FALSE(restored(object("v1", "Node")));
    EXPECT_FALSE(restored(object("v1", "Event")));
    EXPECT_FALSE(restored(object("events.k8s.io/v1", "Event")));
    EXPECT_FALSE(restored(object("coordination.k8s.io/v1", "Lease")));
    EXPECT_FALSE(restored(object("v1", "ComponentStatus")));
    EXPECT_FALSE(restored(object("storage.k8s.io/v1", "CSINode")));
    EXPECT_FALSE(restored(object("storage.k8s.io/v1", "VolumeAttachment")));
    EXPECT_FALSE(restored(object("storage.k8s.io/v1", "CSIStorageCapacity")));
    EXPECT_FALSE(restored(object("metrics.k8s.io/v1beta1", "PodMetrics")));
    EXPECT_FALSE(restored(object("internal.apiserver.k8s.io/v1alpha1", "StorageVersion")));
    EXPECT_TRUE(restored(object("example.com/v1", "Node")));
}

TEST(NotRestored, RequestsInTheShapeOfObjects) {
    EXPECT_FALSE(restored(object("authentication.k8s.io/v1", "TokenReview")));
    EXPECT_FALSE(restored(object("authorization.k8s.io/v1", "SubjectAccessReview")));
    EXPECT_FALSE(restored(object("authorization.k8s.io/v1", "LocalSubjectAccessReview")));
    EXPECT_FALSE(restored(object("authentication.k8s.io/v1", "SelfSubjectReview")));
    EXPECT_FALSE(restored(object("v1", "Binding")));
    EXPECT_FALSE(restored(object("policy/v1", "Eviction")));
}

TEST(NotRestored, EndpointsThatControllersDerive) {
    ObjectPeek slice = object("discovery.k8s.io/v1", "EndpointSlice");
    EXPECT_TRUE(restored(slice));
    slice.labels["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io";
    EXPECT_FALSE(restored(slice));
    slice.labels["endpointslice.kubernetes.io/managed-by"] =
        "endpointslicemirroring-controller.k8s.io";
    EXPECT_FALSE(restored(slice));
    slice.labels["endpointslice.kubernetes.io/managed-by"] = "me";
    EXPECT_TRUE(restored(slice));

    ObjectPeek endpoints = object("v1", "Endpoints");
    EXPECT_TRUE(restored(endpoints));
    endpoints.labels["endpoints.kubernetes.io/managed-by"] = "endpoint-controller";
    EXPECT_FALSE(restored(endpoints));
}

TEST(NotRestored, MirrorPods) {
    ObjectPeek pod = object("v1", "Pod");
    EXPECT_TRUE(restored(pod));
    pod.annotations["kubernetes.io/config.mirror"] = "hash";
    EXPECT_FALSE(restored(pod));
}

TEST(NotRestored, TokensButNotOtherSecrets) {
    ObjectPeek secret = object("v1", "Secret");
    secret.type = "kubernetes.io/service-account-token";
    EXPECT_FALSE(restored(secret));
    secret.type = "bootstrap.kubernetes.io/token";
    EXPECT_FALSE(restored(secret));
    secret.type = "Opaque";
    EXPECT_TRUE(restored(secret));
    secret.type = "helm.sh/release.v1";
    EXPECT_TRUE(restored(secret));
}

TEST(NotRestored, CertificatesPublishedIntoEveryNamespace) {
    EXPECT_FALSE(restored(object("v1", "ConfigMap", "kube-root-ca.crt")));
    EXPECT_FALSE(restored(object("v1", "ConfigMap", "openshift-service-ca.crt")));
    EXPECT_TRUE(restored(object("v1", "ConfigMap", "settings")));
}

TEST(NotRestored, PolicyThatTheApiServerKeepsUpToDate) {
    ObjectPeek role = object("rbac.authorization.k8s.io/v1", "ClusterRole", "admin");
    EXPECT_TRUE(restored(role));
    role.labels["kubernetes.io/bootstrapping"] = "rbac-defaults";
    EXPECT_FALSE(restored(role));
    EXPECT_FALSE(
        restored(object("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "system:node")));
    EXPECT_FALSE(restored(object("scheduling.k8s.io/v1", "PriorityClass", "system-node-critical")));
    EXPECT_TRUE(restored(object("scheduling.k8s.io/v1", "PriorityClass", "high")));
    ObjectPeek flow = object("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", "global-default");
    EXPECT_TRUE(restored(flow));
    flow.annotations["apf.kubernetes.io/autoupdate-spec"] = "true";
    EXPECT_FALSE(restored(flow));
}

TEST(NotRestored, ApiServicesOfTheServersOwnGroups) {
    ObjectPeek service = object("apiregistration.k8s.io/v1", "APIService", "v1.apps");
    EXPECT_FALSE(restored(service));
    service.has_backend = true;
    EXPECT_TRUE(restored(service));
}

TEST(NotRestored, RequestsThatHaveBeenDealtWith) {
    EXPECT_FALSE(restored(object("certificates.k8s.io/v1", "CertificateSigningRequest")));
    EXPECT_FALSE(restored(object("storagemigration.k8s.io/v1alpha1", "StorageVersionMigration")));
}

TEST(NotRestored, TheClustersOwnService) {
    ObjectPeek service = object("v1", "Service", "kubernetes");
    EXPECT_TRUE(restored(service));
    service.ns = "default";
    EXPECT_FALSE(restored(service));
    ObjectPeek dns = object("v1", "Service", "kube-dns");
    dns.ns = "kube-system";
    EXPECT_FALSE(restored(dns));
}

TEST(NotRestored, AddonsOfTheProvider) {
    ObjectPeek addon = object("apps/v1", "Deployment");
    addon.labels["addonmanager.kubernetes.io/mode"] = "Reconcile";
    EXPECT_FALSE(restored(addon));
}

TEST(NotRestored, RunningVirtualMachines) {
    EXPECT_FALSE(restored(object("kubevirt.io/v1", "VirtualMachineInstance")));
    EXPECT_TRUE(restored(object("kubevirt.io/v1", "VirtualMachine")));
    EXPECT_FALSE(restored(object("cdi.kubevirt.io/v1beta1", "DataVolume")));
    ObjectPeek launcher = object("v1", "Pod");
    launcher.labels["kubevirt.io"] = "virt-launcher";
    EXPECT_FALSE(restored(launcher));
}

TEST(NotRestored, JobsOfBackupProducts) {
    EXPECT_FALSE(restored(object("velero.io/v1", "Restore")));
    EXPECT_FALSE(restored(object("velero.io/v1", "Backup")));
    EXPECT_TRUE(restored(object("velero.io/v1", "Schedule")));
}

TEST(NotRestored, WorkThatIsFinished) {
    ObjectPeek job = object("batch/v1", "Job");
    EXPECT_TRUE(restored(job));
    job.finished = true;
    EXPECT_FALSE(restored(job));
}

TEST(NotRestored, WhatAManagedServiceNeverRestores) {
    for (auto [version, kind] : std::initializer_list<std::pair<const char*, const char*>>{
             {"v1", "Node"},
             {"v1", "ComponentStatus"},
             {"gkebackup.gke.io/v1", "BackupJob"},
             {"gkebackup.gke.io/v1", "RestoreJob"},
             {"metrics.k8s.io/v1beta1", "NodeMetrics"},
             {"migration.k8s.io/v1alpha1", "StorageState"},
             {"migration.k8s.io/v1alpha1", "StorageVersionMigration"},
             {"storage.k8s.io/v1", "CSINode"},
             {"storage.k8s.io/v1", "VolumeAttachment"}})
        EXPECT_FALSE(restored(object(version, kind))) << kind;
}

TEST(NotRestored, SystemNamespacesAreKnown) {
    EXPECT_TRUE(is_system_namespace("kube-system"));
    EXPECT_TRUE(is_system_namespace("kube-public"));
    EXPECT_TRUE(is_system_namespace("kube-node-lease"));
    EXPECT_FALSE(is_system_namespace("default"));
}

}  // namespace
}  // namespace holdfast::engine::rules

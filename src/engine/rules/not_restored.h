#pragma once

#include <string_view>

#include "engine/object_peek.h"

namespace holdfast::engine::rules {

// Each function names the reason for leaving one class of objects out, or returns an empty text.

/// Kinds that describe this cluster's nodes and moments: Node, Lease, Event, CSINode, and so on.
std::string_view bound_to_the_cluster(const ObjectPeek& object);
/// Requests in the shape of objects: reviews, bindings, evictions, token requests.
std::string_view virtual_kind(const ObjectPeek& object);
/// Endpoints and slices that controllers derive from Services.
std::string_view derived_endpoints(const ObjectPeek& object);
/// Pods that a kubelet makes from files.
std::string_view mirror_pod(const ObjectPeek& object);
/// Tokens that are worthless under new UIDs, or grant entry to one cluster.
std::string_view token_secret(const ObjectPeek& object);
/// ConfigMaps that a controller writes into every namespace.
std::string_view published_certificate(const ObjectPeek& object);
/// Roles, bindings, classes and flow control that the API server itself keeps up to date.
std::string_view built_in_policy(const ObjectPeek& object);
/// APIServices of groups that the API server serves itself.
std::string_view local_api_service(const ObjectPeek& object);
/// Certificate requests and storage migrations: done deeds.
std::string_view past_request(const ObjectPeek& object);
/// Addresses and Services that a cluster makes for itself.
std::string_view own_service(const ObjectPeek& object);
/// Objects of add-ons that the cluster's provider manages.
std::string_view managed_addon(const ObjectPeek& object);
/// Running virtual machines and the pods around them.
std::string_view virtual_machine_instance(const ObjectPeek& object);
/// The records of backup products, which would start running old backups.
std::string_view backup_product_record(const ObjectPeek& object);
/// Jobs and Pods that have run to their end must not run again.
std::string_view finished_work(const ObjectPeek& object);

/// kube-system, kube-public and kube-node-lease: restored only when named.
bool is_system_namespace(std::string_view ns);

/// The first of the reasons above that holds; empty when the object is to be restored.
std::string_view why_not_restored(const ObjectPeek& object);

}  // namespace holdfast::engine::rules

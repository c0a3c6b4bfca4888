#pragma once

#include "base/json.h"

namespace holdfast::engine::rules {

// What a cluster allocates or computes for objects, and which another cluster allocates anew.

/// Addresses and the health check port; a headless Service stays headless.
void strip_service(Json& service);
/// The node ports of a Service.
void strip_node_ports(Json& service);
/// The generated selector of a Job and the labels of its UID, unless the selector is its author's.
void strip_job(Json& job);
/// The node, computed priorities and overhead, ephemeral containers, and the injected volumes of
/// service account tokens with their mounts.
void strip_pod(Json& pod);
/// The rules that the aggregation controller computes.
void strip_aggregated_role(Json& role);
/// References to token Secrets that are not restored.
void strip_service_account(Json& account);
/// The finalizer that the server itself puts into the spec.
void strip_namespace(Json& ns);
/// Status, with stored versions and conditions of the old cluster.
void strip_definition(Json& definition);

/// All of the above that fits the object's kind, and the binding marks of claims and volumes.
void strip_allocated(Json& object);

/// Copies from `live` into `wanted`, its replacement, what the server or its controllers own:
/// allocated fields that `wanted` lacks, status, and the metadata that identifies the object.
void keep_live_allocations(Json& wanted, const Json& live);

/// Adds to the live ServiceAccount what `wanted` has beyond it; whether anything was added. Such
/// accounts are made by a controller, so they are never replaced.
bool merge_service_account(Json& live, const Json& wanted);

}  // namespace holdfast::engine::rules

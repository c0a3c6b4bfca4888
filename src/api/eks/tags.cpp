#include <string>
#include <string_view>
#include <vector>

#include "api/api_error.h"
#include "api/aws_eks.h"
#include "api/call.h"
#include "api/eks/handlers.h"
#include "api/registry.h"
#include "api/services.h"
#include "api/transaction.h"
#include "iam/arn.h"
#include "meta/cluster_table.h"
#include "meta/database.h"
#include "meta/tag_table.h"

namespace holdfast::api::eks {

namespace {

constexpr std::string_view kBadRequest = "BadRequestException";
constexpr std::string_view kNotFound = "NotFoundException";
constexpr std::string_view kClusterResource = "cluster/";

/// Fails unless the ARN is that of one of the caller's clusters.
Answer<void> check_cluster(meta::Session& session, const Call& call, const std::string& text) {
    auto arn = iam::Arn::parse(text);
    if (!arn) return refuse(kBadRequest, arn.error().message);
    const bool own = arn->service == "eks" && call.owns(*arn);
    if (own && arn->resource.starts_with(kClusterResource) &&
        TRY(meta::ClusterTable(session, call.place)
                .find(arn->resource.substr(kClusterResource.size()))))
        return {};
    return refuse(kNotFound, fmt::format("There is no resource {}.", text));
}

meta::TagTable tags_of(meta::Session& session, const Call& call) {
    return {session, call.account(), call.region()};
}

Answer<aws_eks::TagResourceResponse> tag(Services& services, const Call& call,
                                         const aws_eks::TagResourceRequest& input) {
    return in_write(
        services.database, [&](meta::Session& session) -> Answer<aws_eks::TagResourceResponse> {
            TRY(check_cluster(session, call, input.resource_arn));
            meta::TagTable table = tags_of(session, call);
            TRY(table.put(input.resource_arn, input.tags));
            if (TRY(table.all(input.resource_arn)).size() > kMaxTags)
                return refuse(kBadRequest, fmt::format("A cluster has at most {} tags.", kMaxTags));
            return aws_eks::TagResourceResponse{};
        });
}

Answer<aws_eks::UntagResourceResponse> untag(Services& services, const Call& call,
                                             const aws_eks::UntagResourceRequest& input) {
    return in_write(services.database,
                    [&](meta::Session& session) -> Answer<aws_eks::UntagResourceResponse> {
                        TRY(check_cluster(session, call, input.resource_arn));
                        meta::TagTable table = tags_of(session, call);
                        for (const std::string& key : input.tag_keys)
                            TRY(table.remove(input.resource_arn, key));
                        return aws_eks::UntagResourceResponse{};
                    });
}

Answer<aws_eks::ListTagsForResourceResponse> list(
    Services& services, const Call& call, const aws_eks::ListTagsForResourceRequest& input) {
    return in_read(services.database,
                   [&](meta::Session& session) -> Answer<aws_eks::ListTagsForResourceResponse> {
                       TRY(check_cluster(session, call, input.resource_arn));
                       return aws_eks::ListTagsForResourceResponse{
                           .tags = TRY(tags_of(session, call).all(input.resource_arn))};
                   });
}

Answer<std::vector<Target>> tagged(const Call& call, const std::string& arn, meta::Tags tags = {}) {
    return std::vector<Target>{
        {.resource = arn, .owner = call.account(), .request_tags = std::move(tags)}};
}

}  // namespace

void add_tags(Registry& registry, Services& services) {
    registry.on<aws_eks::TagResource>(
        [](const Call& call, const auto& input) {
            return tagged(call, input.resource_arn, input.tags);
        },
        [&services](const Call& call, const auto& input) { return tag(services, call, input); });
    registry.on<aws_eks::UntagResource>(
        [](const Call& call, const auto& input) { return tagged(call, input.resource_arn); },
        [&services](const Call& call, const auto& input) { return untag(services, call, input); });
    registry.on<aws_eks::ListTagsForResource>(
        [](const Call& call, const auto& input) { return tagged(call, input.resource_arn); },
        [&services](const Call& call, const auto& input) { return list(services, call, input); });
}

}  // namespace holdfast::api::eks

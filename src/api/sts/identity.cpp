#include <vector>

#include "api/api_error.h"
#include "api/aws_sts.h"
#include "api/call.h"
#include "api/registry.h"
#include "api/sts/handlers.h"
#include "iam/request_context.h"

namespace holdfast::api::sts {

void add_identity(Registry& registry) {
    registry.on<aws_sts::GetCallerIdentity>(
        // Who may sign may know who they are, whatever their policies say.
        [](const Call&, const auto&) -> Answer<std::vector<Target>> {
            return std::vector<Target>{};
        },
        [](const Call& call, const auto&) -> Answer<aws_sts::GetCallerIdentityResponse> {
            const iam::Principal& caller = call.identity->principal;
            return aws_sts::GetCallerIdentityResponse{
                .user_id = caller.id, .account = caller.account, .arn = caller.arn};
        });
}

}  // namespace holdfast::api::sts

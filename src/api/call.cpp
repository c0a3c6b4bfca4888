#include "api/call.h"

#include <fmt/core.h>

#include <string_view>

namespace holdfast::api {

std::string Call::arn(std::string_view service, std::string_view resource) const {
    return fmt::format("arn:{}:{}:{}:{}:{}", partition, service, place.region, place.account,
                       resource);
}

bool Call::owns(const iam::Arn& arn) const {
    return arn.account == account() && arn.region == region() && arn.partition == partition;
}

}  // namespace holdfast::api

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "api/api_error.h"
#include "api/aws_backup.h"
#include "api/backup/handlers.h"
#include "api/call.h"
#include "api/page.h"
#include "api/registry.h"
#include "api/services.h"
#include "api/shape.h"
#include "api/transaction.h"
#include "iam/arn.h"
#include "meta/database.h"
#include "meta/tag_table.h"
#include "meta/vault_table.h"

namespace holdfast::api::backup {

namespace {

constexpr std::string_view kReservedPrefix = "aws:";
constexpr std::string_view kVaultResource = "backup-vault:";

/// Fails unless the ARN names something of the caller's that can have tags.
Answer<void> check_taggable(meta::Session& session, const Call& call, const std::string& text) {
    auto arn = iam::Arn::parse(text);
    if (!arn) return refuse(errors::kInvalidParameter, arn.error().message);
    const bool own = arn->service == "backup" && call.owns(*arn);
    if (own && arn->resource.starts_with(kVaultResource) &&
        TRY(meta::VaultTable(session, call.place)
                .find(arn->resource.substr(kVaultResource.size()))))
        return {};
    return refuse(errors::kNotFound, fmt::format("There is no resource {}.", text));
}

Answer<Nothing> tag(Services& services, const Call& call,
                    const aws_backup::TagResourceInput& input) {
    for (const auto& [key, value] : input.tags)
        if (key.empty() || key.starts_with(kReservedPrefix))
            return refuse(
                errors::kInvalidParameter,
                fmt::format("A tag key must not be empty or begin with '{}'.", kReservedPrefix));
    return in_write(services.database, [&](meta::Session& session) -> Answer<Nothing> {
        TRY(check_taggable(session, call, input.resource_arn));
        meta::TagTable table(session, call.account(), call.region());
        TRY(table.put(input.resource_arn, input.tags));
        if (TRY(table.all(input.resource_arn)).size() > kMaxTags)
            return refuse(errors::kLimitExceeded,
                          fmt::format("A resource has at most {} tags.", kMaxTags));
        return Nothing{};
    });
}

Answer<Nothing> untag(Services& services, const Call& call,
                      const aws_backup::UntagResourceInput& input) {
    return in_write(services.database, [&](meta::Session& session) -> Answer<Nothing> {
        TRY(check_taggable(session, call, input.resource_arn));
        meta::TagTable table(session, call.account(), call.region());
        for (const std::string& key : input.tag_key_list)
            TRY(table.remove(input.resource_arn, key));
        return Nothing{};
    });
}

Answer<aws_backup::ListTagsOutput> list(Services& services, const Call& call,
                                        const aws_backup::ListTagsInput& input) {
    const Pages pages(services.sealer, call, input.resource_arn);
    const std::string after = TRY(pages.after(input.next_token));
    const auto work = [&](meta::Session& session) -> Answer<meta::Tags> {
        TRY(check_taggable(session, call, input.resource_arn));
        return TRY(meta::TagTable(session, call.account(), call.region()).all(input.resource_arn));
    };
    const meta::Tags all = TRY(in_read(services.database, work));
    aws_backup::ListTagsOutput output;
    auto& listed = output.tags.emplace();
    const auto limit = static_cast<std::size_t>(input.max_results.value_or(kMaxPage));
    for (auto at = all.upper_bound(after); at != all.end(); ++at) {
        if (listed.size() == limit) {
            output.next_token = pages.token(listed.rbegin()->first);
            break;
        }
        listed.insert(*at);
    }
    return output;
}

Answer<std::vector<Target>> tagged(const Call& call, const std::string& arn, meta::Tags tags = {}) {
    std::vector<Target> targets{
        {.resource = arn, .owner = call.account(), .request_tags = std::move(tags)}};
    return targets;
}

}  // namespace

void add_tags(Registry& registry, Services& services) {
    registry.on<aws_backup::TagResource>(
        [](const Call& call, const auto& input) {
            return tagged(call, input.resource_arn, input.tags);
        },
        [&services](const Call& call, const auto& input) { return tag(services, call, input); });
    registry.on<aws_backup::UntagResource>(
        [](const Call& call, const auto& input) { return tagged(call, input.resource_arn); },
        [&services](const Call& call, const auto& input) { return untag(services, call, input); });
    registry.on<aws_backup::ListTags>(
        [](const Call& call, const auto& input) { return tagged(call, input.resource_arn); },
        [&services](const Call& call, const auto& input) { return list(services, call, input); });
}

}  // namespace holdfast::api::backup

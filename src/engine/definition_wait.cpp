#include "engine/definition_wait.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/clock.h"
#include "engine/restore.h"
#include "engine/rules/definitions.h"
#include "kube/resource_type.h"

namespace holdfast::engine {

namespace {

constexpr base::Millis kPoll(250);
constexpr base::Millis kMaxWait(std::chrono::seconds(60));

bool lists_all(const kube::Discovery& discovery, const std::vector<const PlanKind*>& awaited) {
    return std::ranges::all_of(awaited, [&](const PlanKind* kind) {
        return discovery.find(kind->captured.group, kind->captured.kind) != nullptr;
    });
}

enum class Hope { None, Waiting, Ready };

/// How the definition of a kind stands: gone or refused, on its way, or established.
Result<Hope> look_at(const RestoreEnvironment& environment, const RestorePlan::Impl& plan,
                     const PlanKind& kind, std::stop_token stop) {
    const auto* type = plan.target.find("apiextensions.k8s.io", "CustomResourceDefinition");
    if (type == nullptr) return Hope::None;
    auto live = read_live(environment.client, *type, "", kind.definition, stop);
    if (!live && is_fatal(live.error())) return std::unexpected(std::move(live).error());
    if (!live || !*live || !rules::definition_problem(**live).empty()) return Hope::None;
    return rules::definition_is_ready(**live) ? Hope::Ready : Hope::Waiting;
}

}  // namespace

Result<kube::Discovery> wait_until_served(const RestoreEnvironment& environment,
                                          const RestorePlan::Impl& plan,
                                          const Preparation& preparation, std::stop_token stop) {
    std::vector<const PlanKind*> awaited;
    for (const PlanKind& kind : plan.kinds)
        if (!kind.definition.empty() && !preparation.served(kind)) awaited.push_back(&kind);
    base::SteadyTime end = environment.clock.steady_now() + kMaxWait;
    for (;;) {
        kube::Discovery discovery =
            TRY(environment.client.discover(stop), "asking the target for its kinds");
        std::vector<const PlanKind*> hoped;
        bool all_ready = true;
        for (const PlanKind* kind : awaited) {
            Hope hope = TRY(look_at(environment, plan, *kind, stop));
            if (hope != Hope::None) hoped.push_back(kind);
            all_ready = all_ready && hope != Hope::Waiting;
        }
        bool late = environment.clock.steady_now() >= end;
        if (late || (all_ready && lists_all(discovery, hoped))) return discovery;
        if (!environment.clock.sleep(kPoll, stop)) return fail(ErrorCode::Cancelled, "stopped");
    }
}

}  // namespace holdfast::engine

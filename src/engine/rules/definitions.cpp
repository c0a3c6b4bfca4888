#include "engine/rules/definitions.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace holdfast::engine::rules {

namespace {

const Json* condition(const Json& live, std::string_view type) {
    const Json* conditions = base::find_json(live, "/status/conditions");
    if (conditions == nullptr || !conditions->is_array()) return nullptr;
    auto found = std::ranges::find_if(
        *conditions, [&](const Json& entry) { return base::text_at(entry, "/type") == type; });
    return found == conditions->end() ? nullptr : &*found;
}

bool is_true(const Json* entry) {
    return entry != nullptr && base::text_at(*entry, "/status") == "True";
}

}  // namespace

bool definition_is_ready(const Json& live) {
    return is_true(condition(live, "Established")) && is_true(condition(live, "NamesAccepted"));
}

std::string definition_problem(const Json& live) {
    const Json* names = condition(live, "NamesAccepted");
    if (names == nullptr || base::text_at(*names, "/status") != "False") return "";
    return base::text_at(*names, "/message");
}

bool converts_by_renaming(const Json& live) {
    return base::text_at(live, "/spec/conversion/strategy", "None") == "None";
}

Result<std::string> choose_version(std::string_view captured, std::span<const std::string> served,
                                   bool by_renaming) {
    if (std::ranges::find(served, captured) != served.end()) return std::string(captured);
    if (served.empty()) return fail(ErrorCode::Unsupported, "the target does not serve this kind");
    if (by_renaming) return served.front();
    return fail(ErrorCode::Unsupported,
                "the target serves version {} of this kind, the point holds {}, and there is no "
                "conversion between them",
                base::join(served, ", "), captured);
}

}  // namespace holdfast::engine::rules

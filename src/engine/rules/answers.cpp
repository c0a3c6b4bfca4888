#include "engine/rules/answers.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace holdfast::engine::rules {

namespace {

template <std::size_t N>
bool says_any(std::string_view message, const std::array<std::string_view, N>& phrases) {
    return std::ranges::any_of(
        phrases, [&](std::string_view phrase) { return message.find(phrase) != message.npos; });
}

/// How validation words a change that cannot be made in place.
constexpr std::array<std::string_view, 7> kImmutable = {
    "is immutable",          "may not be changed",     "may not change once set",
    "cannot be changed",     "updates to statefulset", "pod updates may not change",
    "cannot change roleRef",
};

constexpr std::array<std::string_view, 6> kNotYet = {
    "failed calling webhook",
    "status unknown for quota",
    "error looking up service account",
    "conversion webhook for",
    "no endpoints available for service",
    "the server could not find the requested resource",
};

constexpr std::array<std::string_view, 2> kDryRunUnsupported = {
    "does not support dry run",
    "does not support dryRun",
};

}  // namespace

Refusal classify_refusal(int status, std::string_view reason, std::string_view message,
                         bool namespace_terminating) {
    if (status == 409) return reason == "AlreadyExists" ? Refusal::Exists : Refusal::Conflict;
    if (namespace_terminating) return Refusal::Terminating;
    if (says_any(message, kNotYet)) return Refusal::NotYet;
    if (status == 422 && message.find("provided port is already allocated") != message.npos)
        return Refusal::NodePortTaken;
    if (status == 422 && says_any(message, kImmutable)) return Refusal::Immutable;
    if ((status == 403 || status == 422) && message.find("blockOwnerDeletion") != message.npos)
        return Refusal::OwnerNotAllowed;
    // The server's own words about a webhook with side effects, or the webhook's.
    if (status < 500 && says_any(message, kDryRunUnsupported)) return Refusal::DryRunUnsupported;
    if (status == 403) return Refusal::Forbidden;
    if (status == 404 && message.starts_with("namespaces \"")) return Refusal::NamespaceMissing;
    return Refusal::Final;
}

std::string_view strict_decoding_error(int status, std::string_view message) {
    constexpr std::string_view kWords = "strict decoding error: ";
    std::size_t at = message.find(kWords);
    if (status != 400 || at == message.npos) return {};
    return message.substr(at + kWords.size());
}

bool was_written_by(const Json& live, std::string_view manager) {
    const Json* entries = base::find_json(live, "/metadata/managedFields");
    if (entries == nullptr || !entries->is_array()) return false;
    return std::ranges::any_of(
        *entries, [&](const Json& entry) { return base::text_at(entry, "/manager") == manager; });
}

}  // namespace holdfast::engine::rules

#include "jobs/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "base/bytes.h"
#include "base/text.h"

namespace holdfast::jobs {
namespace {

constexpr std::uint32_t kTailBound = 1'000'000;  // six digits
constexpr std::size_t kStampDigits = 14 + 6;     // yyyyMMddHHmmss and the tail
constexpr std::size_t kMaxNameBytes = 50;
constexpr std::size_t kMinVaultNameBytes = 2;
constexpr std::size_t kMaxClusterBytes = 100;
constexpr std::string_view kService = "backup";
constexpr std::string_view kPointWord = "recovery-point";
constexpr std::string_view kCompositeWord = "composite";
constexpr std::string_view kResourcePrefix = "eks/";

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_alphanumeric(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_cluster_name(std::string_view name) {
    return !name.empty() && name.size() <= kMaxClusterBytes && is_alphanumeric(name.front()) &&
           std::ranges::all_of(name,
                               [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; });
}

bool is_point_name(std::string_view name) {
    const std::size_t dash = name.rfind('-');
    if (dash == std::string_view::npos) return false;
    const std::string_view stamp = name.substr(dash + 1);
    return is_cluster_name(name.substr(0, dash)) && stamp.size() == kStampDigits &&
           std::ranges::all_of(stamp, is_digit);
}

std::string backup_arn(const Home& home, std::string_view type, std::string_view id) {
    return fmt::format("arn:{}:{}:{}:{}:{}:{}", home.partition, kService, home.region, home.account,
                       type, id);
}

}  // namespace

JobId new_job_id(Time now, Random& random) {
    std::string id = base::uuid_v7(now, random);
    for (char& c : id)
        if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
    return {std::move(id)};
}

PlanVersionId new_plan_version_id(Random& random) {
    return {base::to_base64(base::as_bytes(base::uuid_v4(random)))};
}

bool is_plan_name(std::string_view name) {
    return !name.empty() && name.size() <= kMaxNameBytes && std::ranges::all_of(name, [](char c) {
        return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
    });
}

bool is_vault_name(std::string_view name) {
    return name.size() >= kMinVaultNameBytes && name.size() <= kMaxNameBytes &&
           std::ranges::all_of(name,
                               [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; });
}

std::string cluster_arn(const Home& home, std::string_view cluster) {
    return fmt::format("arn:{}:eks:{}:{}:cluster/{}", home.partition, home.region, home.account,
                       cluster);
}

std::string vault_arn(const Home& home, std::string_view vault) {
    return backup_arn(home, "backup-vault", vault);
}

std::string plan_arn(const Home& home, const PlanId& plan) {
    return backup_arn(home, "backup-plan", plan.text);
}

std::string selection_arn(const Home& home, const SelectionId& selection) {
    return backup_arn(home, "selection", selection.text);
}

std::string hold_arn(const Home& home, const HoldId& hold) {
    return backup_arn(home, "legal-hold", hold.text);
}

std::string_view PointArn::cluster() const {
    return std::string_view(point_name).substr(0, point_name.rfind('-'));
}

std::string PointArn::text() const {
    const std::string id =
        fmt::format("{}{}{}{}", kind == PointKind::Composite ? kCompositeWord : "",
                    kind == PointKind::Composite ? ":" : "", kResourcePrefix, point_name);
    return backup_arn(home, kPointWord, id);
}

std::string new_point_name(std::string_view cluster, Time at, Random& random) {
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(at - day));
    return fmt::format("{}-{:04}{:02}{:02}{:02}{:02}{:02}{:06}", cluster,
                       static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()), time.hours().count(),
                       time.minutes().count(), time.seconds().count(), random.below(kTailBound));
}

Result<PointArn> parse_point_arn(std::string_view text) {
    const auto bad = [&] {
        return fail(ErrorCode::InvalidArgument, "'{}' is not the ARN of a cluster's recovery point",
                    text);
    };
    // arn:{p}:backup:{r}:{a}:recovery-point[:composite]:eks/{name}
    const std::vector<std::string_view> parts = base::split(text, ':');
    const bool composite = parts.size() == 8 && parts[6] == kCompositeWord;
    if (parts.size() != 7 && !composite) return bad();
    if (parts[0] != "arn" || parts[2] != kService || parts[5] != kPointWord) return bad();
    if (parts[1].empty() || parts[3].empty() || parts[4].empty()) return bad();
    std::string_view name = parts.back();
    if (!name.starts_with(kResourcePrefix)) return bad();
    name.remove_prefix(kResourcePrefix.size());
    if (!is_point_name(name)) return bad();
    return PointArn{.home = {.partition = std::string(parts[1]),
                             .region = std::string(parts[3]),
                             .account = std::string(parts[4])},
                    .kind = composite ? PointKind::Composite : PointKind::State,
                    .point_name = std::string(name)};
}

}  // namespace holdfast::jobs

#include "repo/names.h"

#include <fmt/format.h>

namespace holdfast::repo::names {
namespace {

constexpr std::size_t kRandomBytes = 16;

}  // namespace

std::string random_part(base::Random& random) {
    return base::to_hex(random.array<kRandomBytes>());
}

std::string pack(const PointId& writer, base::Random& random) {
    return fmt::format("{}{}-{}", kPacks, writer.text(), random_part(random));
}

std::string index_run(base::Random& random) {
    return fmt::format("{}{}", kIndexRuns, random_part(random));
}

std::string condemned(base::Random& random) {
    return fmt::format("{}{}", kCondemned, random_part(random));
}

std::string manifest(const PointId& point) {
    return fmt::format("{}{}", kManifests, point.text());
}

std::string point(const PointId& point) {
    return fmt::format("{}{}", kPoints, point.text());
}

std::string tombstone(const PointId& point) {
    return fmt::format("{}{}", kTombstones, point.text());
}

std::string writer_record(const PointId& writer, std::uint64_t number) {
    return fmt::format("{}{}.{}", kWriters, writer.text(), number);
}

std::string key_wrap(std::string_view wrap_id, std::size_t copy) {
    return fmt::format("{}{}{}", kKeys, wrap_id, kCopySuffixes[copy]);
}

Result<PointId> writer_of_pack(std::string_view pack) {
    if (!pack.starts_with(kPacks) ||
        pack.size() != kPacks.size() + PointId::kDigits + 1 + 2 * kRandomBytes ||
        pack[kPacks.size() + PointId::kDigits] != '-')
        return fail(ErrorCode::Corrupted, "{} is no pack's name", pack.substr(0, 200));
    return PointId::parse(pack.substr(kPacks.size(), PointId::kDigits));
}

Result<PointId> writer_of_record(std::string_view record) {
    const std::size_t dot = record.rfind('.');
    if (dot == std::string_view::npos)
        return fail(ErrorCode::Corrupted, "{} is no writer record's name", record.substr(0, 200));
    return point_of(record.substr(0, dot), kWriters);
}

Result<PointId> point_of(std::string_view name, std::string_view prefix) {
    if (!name.starts_with(prefix))
        return fail(ErrorCode::Corrupted, "{} does not lie in {}", name.substr(0, 200), prefix);
    return PointId::parse(name.substr(prefix.size()));
}

}  // namespace holdfast::repo::names

#include "repo/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "base/bytes.h"

namespace holdfast::repo::names {
namespace {

constexpr std::size_t kRandomBytes = 16;
constexpr std::size_t kWrapIdDigits = 16;

bool is_hex(std::string_view text, std::size_t digits) {
    return text.size() == digits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

std::unexpected<Error> no_name(std::string_view name, std::string_view kind) {
    return fail(ErrorCode::Corrupted, "{} is no name of {}", name.substr(0, 200), kind);
}

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

bool is_well_formed(std::string_view name) {
    for (const std::string_view prefix : {kManifests, kPoints, kTombstones})
        if (name.starts_with(prefix)) return point_of(name, prefix).has_value();
    for (const std::string_view prefix : {kIndexRuns, kCondemned})
        if (name.starts_with(prefix)) return is_hex(name.substr(prefix.size()), 2 * kRandomBytes);
    if (name.starts_with(kPacks)) return writer_of_pack(name).has_value();
    if (name.starts_with(kWriters)) return record_name(name).has_value();
    if (!name.starts_with(kKeys)) return false;
    const bool is_copy = std::ranges::any_of(
        kCopySuffixes, [&](std::string_view suffix) { return name.ends_with(suffix); });
    return is_copy && is_hex(wrap_of(name), kWrapIdDigits);
}

Result<PointId> writer_of_pack(std::string_view pack) {
    const std::size_t dash = kPacks.size() + PointId::kDigits;
    auto writer =
        PointId::parse(pack.substr(std::min(kPacks.size(), pack.size()), PointId::kDigits));
    if (!pack.starts_with(kPacks) || !writer || pack.size() <= dash || pack[dash] != '-' ||
        !is_hex(pack.substr(dash + 1), 2 * kRandomBytes))
        return no_name(pack, "a pack");
    return std::move(*writer);
}

Result<RecordName> record_name(std::string_view record) {
    RecordName name;
    const std::size_t dot = record.rfind('.');
    if (!record.starts_with(kWriters) || dot == record.npos || dot < kWriters.size())
        return no_name(record, "a writer record");
    auto writer = PointId::parse(record.substr(kWriters.size(), dot - kWriters.size()));
    const std::string_view digits = record.substr(dot + 1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), name.number);
    // The name must be the one that the number gives: "01" would be a second name for 1.
    if (!writer || error != std::errc{} || end != digits.data() + digits.size() ||
        writer_record(*writer, name.number) != record)
        return no_name(record, "a writer record");
    name.writer = std::move(*writer);
    return name;
}

Result<PointId> writer_of_record(std::string_view record) {
    return TRY(record_name(record)).writer;
}

Result<PointId> point_of(std::string_view name, std::string_view prefix) {
    if (!name.starts_with(prefix))
        return fail(ErrorCode::Corrupted, "{} does not lie in {}", name.substr(0, 200), prefix);
    auto id = PointId::parse(name.substr(prefix.size()));
    if (!id) return no_name(name, "a point");
    return std::move(*id);
}

std::string wrap_of(std::string_view name) {
    name.remove_prefix(std::min(kKeys.size(), name.size()));
    return std::string(name.substr(0, name.rfind('.')));
}

}  // namespace holdfast::repo::names

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "repo/header.h"
#include "repo/ids.h"
#include "repo/index.h"
#include "repo/index_run.h"
#include "repo/key_wrap.h"
#include "repo/names.h"
#include "repo/repository.h"
#include "repo/run_source.h"
#include "repo/verifier.h"

// The parts of a verification that look at single objects: headers, keys, index, records.
namespace holdfast::repo {
namespace {

constexpr std::size_t kMaxListed = 4u << 20;
constexpr std::size_t kScratchCacheBytes = 1u << 20;

/// Whether an error tells something about the object rather than about the way to it.
bool is_damage(const Error& error) {
    return error.code == ErrorCode::Corrupted || error.code == ErrorCode::Unsupported ||
           error.code == ErrorCode::LimitExceeded || error.code == ErrorCode::InvalidArgument;
}

}  // namespace

Result<void> Verifier::check_headers() {
    for (const std::string_view view : names::kHeaders) {
        const std::string name(view);
        ++report_.objects;
        auto bytes = core_.store().get(name);
        if (!bytes && bytes.error().code == ErrorCode::NotFound) {
            damaged(name, "this copy of the header is missing", true);
            continue;
        }
        const Bytes found = TRY(std::move(bytes), "reading {}", name);
        auto header = parse_header(found);
        if (!header)
            damaged(name, header.error().message, true);
        else if (auto authentic = authenticate_header(found, core_.keys()); !authentic)
            damaged(name, authentic.error().message, true);
    }
    return {};
}

/// What is wrong with one copy of a key wrap; nothing when it is a key of the vault.
std::optional<std::string> Verifier::harm_of_wrap(const std::string& name, ByteView bytes) {
    const auto record = parse_key_wrap(bytes);
    if (!record) return record.error().message;
    const auto authentic = authenticate_key_wrap(bytes, core_.keys());
    if (!authentic) return authentic.error().message;
    if (record->id != names::wrap_of(name)) return "the key wrap is of another name";
    return std::nullopt;
}

Result<void> Verifier::check_wraps() {
    struct Wrap {
        bool good = false;  ///< in one copy at least
        std::map<std::string, std::string> harm;
    };
    std::map<std::string, Wrap> wraps;
    for (const auto& object : TRY(list(names::kKeys, kMaxKeyObjects))) {
        ++report_.objects;
        const std::string id = names::wrap_of(object.name);
        auto [it, fresh] = wraps.try_emplace(id);
        if (fresh)
            for (std::size_t copy = 0; copy < std::size(names::kCopySuffixes); ++copy)
                it->second.harm[names::key_wrap(id, copy)] = "this copy of the key wrap is missing";
        auto bytes = core_.store().get(object.name);
        it->second.harm.erase(object.name);
        if (!bytes && bytes.error().code == ErrorCode::NotFound) continue;  // just removed
        const Bytes found = TRY(std::move(bytes), "reading {}", object.name);
        if (auto harm = harm_of_wrap(object.name, found))
            it->second.harm[object.name] = std::move(*harm);
        else
            it->second.good = true;
    }
    for (const auto& [id, wrap] : wraps) {
        for (const auto& [name, harm] : wrap.harm) {
            damaged(name,
                    wrap.good
                        ? harm
                        : fmt::format("{}: 'holdfast vault key remove {}' removes what is left",
                                      harm, id),
                    wrap.good);
        }
    }
    return {};
}

Result<void> Verifier::check_index() {
    for (const auto& object : TRY(list(names::kIndexRuns, kMaxIndexRuns))) {
        TRY(check_stop());
        ++report_.objects;
        auto checked = check_index_run(object.name, object.size_bytes);
        if (checked || checked.error().code == ErrorCode::NotFound) continue;
        if (!is_damage(checked.error())) return checked;
        damaged(object.name, checked.error().message, true);
    }
    return core_.index().refresh();
}

/// Reads the run as the store has it, past every cache.
Result<void> Verifier::check_index_run(const std::string& name, std::uint64_t bytes) {
    auto blocks = std::make_shared<IndexBlocks>(kScratchCacheBytes);
    const auto run = TRY(IndexRun::open(std::make_unique<RunSource>(core_.store(), name, bytes, ""),
                                        core_.keys(), std::move(blocks)));
    const IndexRunFooter& footer = run->footer();
    for (std::size_t block = 0; block < footer.frame_blocks.size(); ++block)
        TRY(run->frames(block));
    for (std::size_t block = 0; block < footer.entry_blocks.size(); ++block) {
        const auto entries = TRY(run->entries(block));
        if (entries->empty() || entries->front().id != footer.entry_blocks[block].first)
            return fail(ErrorCode::Corrupted, "{}: a block begins otherwise than told", name);
    }
    report_.bytes_read += bytes;
    return {};
}

Result<void> Verifier::check_each(std::string_view prefix,
                                  const std::function<Result<void>(const std::string&)>& check) {
    for (const auto& object : TRY(list(prefix, kMaxListed))) {
        TRY(check_stop());
        ++report_.objects;
        auto checked = check(object.name);
        if (checked || checked.error().code == ErrorCode::NotFound) continue;
        if (!is_damage(checked.error())) return checked;
        damaged(object.name, checked.error().message);
    }
    return {};
}

/// The point of a damaged tombstone is not harmed: readers take it for deleted, collections keep
/// it.
Result<void> Verifier::check_tombstone(const std::string& name) {
    const PointId id = TRY(names::point_of(name, names::kTombstones));
    auto tombstone = core_.tombstone(id);
    if (tombstone) return {};
    if (!is_damage(tombstone.error())) return std::unexpected(std::move(tombstone).error());
    damaged(name, fmt::format("{}; the point is hidden, but its data is kept",
                              tombstone.error().message));
    return {};
}

Result<void> Verifier::check_records() {
    const auto id_check = [this](std::string_view prefix, auto read) {
        return [this, prefix, read](const std::string& name) -> Result<void> {
            const PointId id = TRY(names::point_of(name, prefix));
            TRY((core_.*read)(id));
            return {};
        };
    };
    const auto writer_check = [this](const std::string& name) -> Result<void> {
        TRY(core_.pack_list(ObjectType::WriterRecord, name));
        return {};
    };
    const auto condemned_check = [this](const std::string& name) -> Result<void> {
        for (std::string& pack : TRY(core_.pack_list(ObjectType::Condemned, name)).packs)
            condemned_.insert(std::move(pack));
        return {};
    };
    using Core = Repository::Core;
    TRY(check_each(names::kManifests, id_check(names::kManifests, &Core::manifest)));
    TRY(check_each(names::kTombstones,
                   [this](const std::string& name) { return check_tombstone(name); }));
    TRY(check_each(names::kWriters, writer_check));
    TRY(check_each(names::kCondemned, condemned_check));
    return {};
}

}  // namespace holdfast::repo

#include "repo/reliance.h"

#include <algorithm>

#include "repo/ids.h"
#include "repo/index.h"
#include "repo/listing.h"
#include "repo/names.h"
#include "repo/records.h"
#include "repo/repository.h"
#include "store/store.h"

namespace holdfast::repo {
namespace {

/// Up to this many packs are looked for one by one; more by listing all.
constexpr std::size_t kMaxStats = 32;
constexpr std::size_t kMaxSiblings = 4096;
constexpr std::size_t kMaxCondemned = 1u << 20;

}  // namespace

Reliance::Reliance(Repository::Core& core, PointId writer, ProtocolSteps skipped)
    : core_(core), writer_(std::move(writer)), skipped_(skipped) {}

Reliance::Trust Reliance::trust(PackNumber pack) {
    return trust_.update([&](auto& known) {
        const auto it = known.find(pack);
        return it == known.end() ? Trust::Unknown : it->second;
    });
}

void Reliance::trust_own(PackNumber pack) {
    trust_.update([&](auto& known) { known[pack] = Trust::Trusted; });
}

void Reliance::distrust(PackNumber pack) {
    trust_.update([&](auto& known) { known[pack] = Trust::Distrusted; });
}

Result<void> Reliance::settle(std::span<const PackNumber> packs) {
    const std::lock_guard lock(settling_);
    std::unordered_map<std::string, PackNumber> unknown;
    for (const PackNumber pack : packs)
        if (trust(pack) == Trust::Unknown) unknown[core_.index().packs().name_of(pack)] = pack;
    if (unknown.empty()) return {};
    std::vector<std::string> names;
    for (const auto& [name, number] : unknown) names.push_back(name);
    std::ranges::sort(names);
    if (!skipped_.contains(ProtocolStep::RecordReliance)) TRY(record(names));
    if (!skipped_.contains(ProtocolStep::CheckCondemned)) TRY(read_condemned());
    std::unordered_set<std::string> gone;
    if (!skipped_.contains(ProtocolStep::CheckPresence)) gone = TRY(absent(names));
    trust_.update([&](auto& known) {
        for (const auto& [name, number] : unknown) {
            const bool good = !gone.contains(name) && !condemned_packs_.contains(name);
            known[number] = good ? Trust::Trusted : Trust::Distrusted;
        }
    });
    return {};
}

Result<void> Reliance::record(const std::vector<std::string>& packs) {
    for (const PackListRecord& record : pack_lists(core_.now(), packs)) TRY(store_record(record));
    return {};
}

/// A number is passed over only when something lies there: collectors take a gap for a record that
/// was lost, and delete nothing.
Result<void> Reliance::store_record(const PackListRecord& record) {
    while (next_record_ < kMaxRecordsPerSession) {
        const std::string name = names::writer_record(writer_, next_record_);
        auto stored =
            core_.store().put(name, core_.seal(ObjectType::WriterRecord, name, encode(record)));
        // What an earlier attempt that seemed to fail has stored has another salt.
        const bool taken = !stored && stored.error().code == ErrorCode::Conflict;
        if (!taken) TRY(std::move(stored), "recording the packs that this backup builds on");
        ++next_record_;
        if (!taken) return {};
    }
    return fail(ErrorCode::LimitExceeded,
                "this backup builds on packs of too many others: {} records name them",
                next_record_);
}

Result<void> Reliance::read_condemned() {
    const auto records = TRY(list_folder(core_.store(), names::kCondemned, kMaxCondemned),
                             "listing condemned packs");
    for (const auto& object : records.objects) {
        if (condemned_read_.contains(object.name)) continue;
        auto record = core_.pack_list(ObjectType::Condemned, object.name);
        // Removed between listing and reading: all its packs are gone, which is seen as such.
        if (!record && record.error().code == ErrorCode::NotFound) continue;
        for (std::string& pack : TRY(std::move(record)).packs)
            condemned_packs_.insert(std::move(pack));
        condemned_read_.insert(object.name);
    }
    return {};
}

Result<std::unordered_set<std::string>> Reliance::absent(const std::vector<std::string>& packs) {
    std::unordered_set<std::string> gone(packs.begin(), packs.end());
    if (packs.size() <= kMaxStats) {
        for (const std::string& pack : packs)
            if (TRY(store::exists(core_.store(), pack))) gone.erase(pack);
        return gone;
    }
    std::string token;
    do {
        auto page =
            TRY(core_.store().list(names::kPacks, token, store::kMaxListPage), "listing packs");
        for (const auto& object : page.objects) gone.erase(object.name);
        token = std::move(page.next);
    } while (!token.empty());
    return gone;
}

std::vector<PackNumber> Reliance::with_siblings(std::span<const PackNumber> packs) {
    std::vector<PackNumber> all(packs.begin(), packs.end());
    std::set<std::string> writers;
    for (const PackNumber pack : packs)
        if (auto writer = names::writer_of_pack(core_.index().packs().name_of(pack)))
            writers.insert(writer->text());
    const std::vector<std::string> known = core_.index().packs().all();
    for (PackNumber number = 0; number < known.size() && all.size() < kMaxSiblings; ++number)
        if (auto writer = names::writer_of_pack(known[number]);
            writer && writers.contains(writer->text()) && trust(number) == Trust::Unknown)
            all.push_back(number);
    return all;
}

}  // namespace holdfast::repo

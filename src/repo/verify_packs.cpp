#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "repo/index.h"
#include "repo/index_run.h"
#include "repo/names.h"
#include "repo/pack.h"
#include "repo/report.h"
#include "repo/verifier.h"

// The part of a verification that looks at packs.
namespace holdfast::repo {
namespace {

constexpr std::size_t kMaxPacks = 4u << 20;
constexpr std::uint64_t kStretchBytes = 4u << 20;

std::uint64_t sealed_bytes(const std::vector<FrameInfo>& frames) {
    std::uint64_t total = 0;
    for (const FrameInfo& frame : frames) total += frame.place.sealed_bytes;
    return total;
}

std::uint64_t end_of(const FrameInfo& frame) {
    return std::uint64_t{frame.place.offset} + frame.place.sealed_bytes;
}

}  // namespace

Result<void> Verifier::check_packs() {
    const auto objects = TRY(list(names::kPacks, kMaxPacks), "listing packs");
    done_.update([&](Progress& done) {
        for (const auto& object : objects)
            done.total += object.size_bytes / 100 * options_.read_data_percent;
    });
    Result<void> checked;
    for (const auto& object : objects) {
        checked = check_stop();
        if (checked) checked = check_pack(object.name, object.size_bytes);
        if (!checked) break;
    }
    auto finished = pool_.finish();
    TRY(std::move(checked));
    TRY(std::move(finished));
    bad_frames_.update([&](auto& bad) {
        for (const auto& [pack, frame] : bad) {
            packs_[pack].bad_frames.insert(frame.ordinal);
            report_.relied_damaged[core_.index().packs().name_of(pack)] += frame.plain_bytes;
        }
    });
    report_.bytes_read += done_.update([](Progress& done) { return done.done; });
    return {};
}

Result<void> Verifier::check_pack(const std::string& name, std::uint64_t bytes) {
    ++report_.objects;
    ++report_.packs;
    const auto frames = TRY(load_pack(name, bytes));
    if (!frames || options_.read_data_percent == 0) return {};
    return read_frames(name, *frames);
}

Result<std::optional<std::vector<FrameInfo>>> Verifier::load_pack(const std::string& name,
                                                                  std::uint64_t bytes) {
    auto footer = read_footer(core_.store(), core_.keys(), name, bytes);
    if (!footer && footer.error().code == ErrorCode::NotFound) return std::nullopt;
    if (!footer && footer.error().code != ErrorCode::Corrupted)
        return std::unexpected(std::move(footer).error().context(name));
    PackState& state = packs_[core_.index().packs().number_of(name)];
    state.present = true;
    state.footer_read = footer.has_value();
    if (!footer) {
        damaged(name, footer.error().message);
        report_.relied_damaged.try_emplace(name);
    }
    std::vector<FrameInfo> frames = footer ? std::move(*footer) : frames_from_index(name);
    for (const FrameInfo& frame : frames) state.frames.push_back(frame.place);
    return frames;
}

/// A pack whose footer is damaged may still be read through the index: what frames it has there.
std::vector<FrameInfo> Verifier::frames_from_index(const std::string& pack) {
    std::map<std::uint32_t, FrameInfo> found;
    for (const auto& run : *core_.index().runs()) {
        const auto& packs = run->footer().packs;
        if (std::ranges::find(packs, pack, &PackEntry::name) == packs.end()) continue;
        for (std::size_t block = 0; block < run->footer().frame_blocks.size(); ++block) {
            const auto frames = run->frames(block);
            if (!frames) continue;
            for (const FrameEntry& frame : **frames)
                if (packs[frame.pack].name == pack) found[frame.place.ordinal].place = frame.place;
        }
    }
    std::vector<FrameInfo> frames;
    for (auto& [ordinal, frame] : found) frames.push_back(std::move(frame));
    return frames;
}

bool Verifier::is_sampled() {
    return options_.read_data_percent >= 100 ||
           core_.environment().random.below(100) < options_.read_data_percent;
}

Result<void> Verifier::read_frames(const std::string& pack, const std::vector<FrameInfo>& frames) {
    std::vector<FrameInfo> stretch;
    const auto flush = [&]() -> Result<void> {
        if (stretch.empty()) return {};
        return pool_.submit([this, pack, frames = std::exchange(stretch, {})] {
            return read_stretch(pack, frames);
        });
    };
    for (const FrameInfo& frame : frames) {
        if (!is_sampled()) {
            TRY(flush());
            continue;
        }
        // Neighbours only, whatever a damaged index says of where frames lie.
        const bool adjoins = stretch.empty() || end_of(stretch.back()) == frame.place.offset;
        if (!adjoins || sealed_bytes(stretch) + frame.place.sealed_bytes > kStretchBytes)
            TRY(flush());
        stretch.push_back(frame);
    }
    return flush();
}

Result<void> Verifier::read_stretch(const std::string& pack, const std::vector<FrameInfo>& frames) {
    TRY(check_stop());
    const PackNumber number = core_.index().packs().number_of(pack);
    FrameSealer sealer(core_.keys(), pack);
    const std::uint64_t begin = frames.front().place.offset;
    const std::uint64_t end = end_of(frames.back());
    auto sealed = core_.store().get(pack, {.offset = begin, .length = end - begin});
    if (!sealed && sealed.error().code == ErrorCode::NotFound) return {};  // just collected
    if (!sealed && sealed.error().code != ErrorCode::Corrupted)
        return std::unexpected(std::move(sealed).error().context(pack));
    if (!sealed && frames.size() > 1) {  // which of them, in a pack that is cut short
        for (const FrameInfo& frame : frames) TRY(read_stretch(pack, {frame}));
        return {};
    }
    Bytes plain;
    for (const FrameInfo& frame : frames) {
        const auto& place = frame.place;
        const auto opened =
            !sealed
                ? Result<void>(std::unexpected(sealed.error()))
                : sealer.open(place.ordinal,
                              ByteView(*sealed).subspan(place.offset - begin, place.sealed_bytes),
                              place.plain_bytes, plain);
        if (opened) continue;
        damaged(pack, opened.error().message);
        bad_frames_.update([&](auto& bad) { bad.emplace_back(number, place); });
    }
    advance(end - begin);
    return {};
}

}  // namespace holdfast::repo

#pragma once

#include <cstdint>

namespace holdfast::repo {

/// The steps that keep writers and collectors from losing each other's data. Each is needed: the
/// simulation leaves each one out and shows what is lost. See docs/format/vault-v1.md,
/// "Collection".
enum class ProtocolStep : std::uint8_t {
    RecordReliance,     ///< writer: create writers/<point>.<n> naming packs, before relying on them
    CheckCondemned,     ///< writer: list condemned/ after that; distrust what it names
    CheckPresence,      ///< writer: make sure, after that, that the packs still exist
    PacksBeforePoint,   ///< writer: put packs before the point that needs them
    IndexBeforePoint,   ///< writer: put index runs before the point that needs them
    CreatePointOnce,    ///< writer: publish by create-if-absent
    CondemnFirst,       ///< collector: create condemned/<id> before looking at writers again
    ListWritersAgain,   ///< collector: after that, spare what writers/ names
    ListPointsAgain,    ///< collector: after that, spare what new points need
    SpareLiveWriters,   ///< collector: leave packs of unfinished writers alone
    AbortBeforeDrop,    ///< collector: create `aborted` at points/<id> before treating one as dead
    CheckHoldersAgain,  ///< collector: after that, prove anew that all needed chunks stay
    KeepCondemned,      ///< collector: keep condemned/<id> until every pack it names is gone
};

/// A set of steps.
class ProtocolSteps {
public:
    constexpr ProtocolSteps() = default;
    constexpr ProtocolSteps(ProtocolStep step)  // NOLINT(google-explicit-constructor)
        : bits_(1u << static_cast<unsigned>(step)) {}
    constexpr bool contains(ProtocolStep step) const {
        return (bits_ >> static_cast<unsigned>(step) & 1u) != 0;
    }

private:
    std::uint32_t bits_ = 0;
};

}  // namespace holdfast::repo

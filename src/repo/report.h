#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "repo/ids.h"

namespace holdfast::repo {

struct Progress {
    std::uint64_t done = 0;  ///< bytes
    std::uint64_t total = 0;
};
/// Called now and then from one thread at a time.
using ProgressCallback = std::function<void(const Progress&)>;

struct VerifyOptions {
    /// How much of all packs' bytes is read and decoded, 0 to 100. Structure is always verified.
    unsigned read_data_percent = 0;
};

/// One damaged or missing object of the vault.
struct Damage {
    std::string object;           ///< its name in the vault
    std::string what;             ///< one sentence
    std::vector<PointId> points;  ///< those that need what is damaged, at most kMaxNamedPoints
    /// Whether repair() brings everything back: the damaged copy has a twin or can be rebuilt.
    bool repairable = false;
};
inline constexpr std::size_t kMaxNamedPoints = 1000;
inline constexpr std::size_t kMaxReportedDamage = 10000;

struct VerifyReport {
    std::uint64_t objects = 0;
    std::uint64_t points = 0;
    std::uint64_t packs = 0;
    std::uint64_t chunks = 0;  ///< that points need, counted once per pack
    std::uint64_t bytes_read = 0;
    std::vector<Damage> damage;   ///< empty: the vault is whole
    std::vector<PointId> harmed;  ///< every point that cannot be restored completely
    /// Damaged packs that backups still rely on, until repair() condemns them; with how many plain
    /// bytes in them were found that cannot be read.
    std::map<std::string, std::uint64_t> relied_damaged;
    /// Objects in the vault's folders that no Holdfast put there: no damage, and left alone. At
    /// most kMaxReportedDamage.
    std::vector<std::string> strays;
};

/// What a point can no longer give back.
struct Loss {
    PointId point;
    bool whole_point = false;       ///< its manifest is gone: nothing can be read
    std::vector<std::string> keys;  ///< row keys, at most kMaxReportedDamage
    std::uint64_t lost_rows = 0;    ///< as far as they can be counted
};

struct RepairReport {
    std::vector<std::string> rewritten;  ///< objects made anew
    std::vector<std::string> dropped;    ///< unreadable objects that were replaced
    std::uint64_t chunks_indexed = 0;
    /// Damaged packs that no backup relies on from now on: the next one stores anew what it needs
    /// of them, for older points too.
    std::vector<std::string> condemned;
    std::uint64_t unreadable_bytes = 0;  ///< of content, in the packs just condemned
    std::vector<Loss> losses;            ///< empty: every point is whole again
    /// What a person must decide, a sentence each: damaged tombstones, point records and condemned
    /// records.
    std::vector<std::string> advice;
};

}  // namespace holdfast::repo

#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "repo/core.h"
#include "repo/ids.h"
#include "repo/index.h"
#include "repo/protocol.h"
#include "repo/records.h"
#include "repo/repository.h"

namespace holdfast::repo {

/// Which existing packs one writing session may build on. Before it trusts a pack it
///   1. creates writers/<point>.<n> naming the pack,
///   2. lists condemned/ and distrusts what is named there,
///   3. makes sure that the pack still exists.
/// A collector condemns, then looks at writers/, then deletes. So either it sees the record of
/// step 1 and spares the pack, or its condemnation is older and step 2 sees it; and condemnations
/// stay until their packs are gone, which step 3 sees. Any method from any thread.
class Reliance {
public:
    Reliance(Repository::Core& core, PointId writer, ProtocolSteps skipped);

    enum class Trust { Unknown, Trusted, Distrusted };
    Trust trust(PackNumber pack);
    /// A pack that this very session wrote: nobody touches it.
    void trust_own(PackNumber pack);
    /// A pack that is about to go.
    void distrust(PackNumber pack);

    /// Settles the trust of those packs that are still unknown, all in one go.
    Result<void> settle(std::span<const PackNumber> packs);

    /// The packs that a lookup of one of them makes likely to be needed too: those of the same
    /// writer.
    std::vector<PackNumber> with_siblings(std::span<const PackNumber> packs);

private:
    Result<void> record(const std::vector<std::string>& packs);
    Result<void> store_record(const PackListRecord& record);
    Result<void> read_condemned();
    Result<std::unordered_set<std::string>> absent(const std::vector<std::string>& packs);

    Repository::Core& core_;
    PointId writer_;
    ProtocolSteps skipped_;
    std::mutex settling_;  // one at a time; guards the members below it
    std::uint64_t next_record_ = 0;
    std::set<std::string> condemned_read_;
    std::unordered_set<std::string> condemned_packs_;
    base::Guarded<std::unordered_map<PackNumber, Trust>> trust_;
};

}  // namespace holdfast::repo

#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "base/random.h"
#include "base/result.h"
#include "store/store.h"

namespace holdfast::store {

/// The calls of a store, as bits, so that a fault can name several.
enum class StoreCall : unsigned {
    Create = 1,
    Put = 2,
    Get = 4,
    GetRange = 8,
    Stat = 16,
    List = 32,
    Remove = 64,
    Now = 128,
    Write = Create | Put,
    Read = Get | GetRange,
    Any = 255,
};

enum class FaultKind {
    Fail,       ///< nothing happens, an error is returned
    LoseReply,  ///< it happens, but an error is returned
    LoseWrite,  ///< nothing happens, but success is returned
    ShortRead,  ///< a read returns only a part (a ranged one is Corrupted, as its contract says)
    FlipBit,    ///< a read returns one wrong bit
    Omit,       ///< a list page lacks one of its objects
};

struct Fault {
    StoreCall calls = StoreCall::Any;
    FaultKind kind = FaultKind::Fail;
    ErrorCode code = ErrorCode::Unavailable;
    std::string only_under{};  ///< only names (or listed prefixes) that start with this
};

/// A store that misbehaves on purpose, by script or by chance; for tests.
class FaultyStore final : public Store {
public:
    /// The references outlive the store.
    FaultyStore(Store& inner, base::Random& random) : inner_(inner), random_(random) {}

    /// The `nth` matching call from now on (the first is 1), and the `times - 1` that follow it,
    /// meet the fault.
    void script(Fault fault, std::uint64_t nth = 1, std::uint64_t times = 1);
    /// Every matching call meets the fault with this probability.
    void chance(Fault fault, std::uint64_t per_million);
    /// New objects appear in lists only after this many further calls of any kind.
    void delay_lists(std::uint64_t calls);
    /// No more faults.
    void heal();

    Result<PutReceipt> create(std::string_view name, ByteView bytes) override;
    Result<PutReceipt> put(std::string_view name, ByteView bytes) override;
    Result<Bytes> get(std::string_view name) override;
    Result<Bytes> get(std::string_view name, Range range) override;
    Result<ObjectInfo> stat(std::string_view name) override;
    Result<ListPage> list(std::string_view prefix, std::string_view token,
                          std::size_t limit) override;
    Result<void> remove(std::string_view name) override;
    Result<base::Time> now() override;

private:
    struct Rule {
        Fault fault;
        std::uint64_t skip = 0;                    ///< scripted: matching calls still to let pass
        std::uint64_t times = 0;                   ///< scripted: calls still to hit
        std::optional<std::uint64_t> per_million;  ///< by chance instead
    };
    struct Newcomer {
        std::string name;
        std::uint64_t visible_at = 0;
    };
    struct State {
        std::vector<Rule> rules;
        std::uint64_t calls = 0;
        std::uint64_t list_delay = 0;
        std::deque<Newcomer> newcomers;
    };

    /// Counts the call and returns the fault that it meets.
    std::optional<Fault> meet(StoreCall call, std::string_view name);
    template <class F>
    auto attempt(const std::optional<Fault>& fault, F call) -> decltype(call());
    Result<PutReceipt> write(StoreCall call, std::string_view name, ByteView bytes);
    std::set<std::string> hidden_names();
    std::uint64_t pick(std::uint64_t bound);

    Store& inner_;
    base::Random& random_;
    base::Guarded<State> state_;
};

}  // namespace holdfast::store

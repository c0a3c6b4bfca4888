#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "store/store.h"

namespace holdfast::sim {

/// How a seed picks who runs next.
enum class Schedule {
    Uniform,   ///< any actor, at every step
    Stubborn,  ///< the running one goes on for a while
    Ranked,    ///< the highest rank goes on; now and then the running actor falls to the lowest, so
               ///< that one actor sleeps through much of what the others do
};

/// Lets one actor run at a time. Which one is next is decided by the seed alone, at every step();
/// so a seed gives the same history every time.
class Baton {
public:
    Baton(std::uint64_t seed, Schedule schedule) : random_(seed), schedule_(schedule) {}

    /// Runs the actors, each on a thread of its own, until all have returned.
    void run(std::vector<std::function<void()>> actors);

    /// Called by the running actor: lets the seed pick who goes on.
    void step();

private:
    void begin(std::size_t actor);
    void end(std::size_t actor);
    void pass_on();
    std::size_t pick();

    std::mutex mutex_;
    std::vector<std::condition_variable> wake_;
    std::vector<bool> done_;
    std::vector<std::uint64_t> rank_;
    std::size_t running_ = kNobody;
    base::SeededRandom random_;
    Schedule schedule_;
    std::uint64_t lowest_ = std::uint64_t{1} << 32;

    static constexpr std::size_t kNobody = ~std::size_t{0};
};

/// The vault's store as one actor sees it: every call is a step of the baton, and at one of them
/// the actor may die: from then on nothing it does has any effect.
class ActorStore final : public store::Store {
public:
    static constexpr std::uint64_t kNever = ~std::uint64_t{0};

    /// Dies at its `dies_at`-th call: before it, or after it without learning what came of it.
    ActorStore(store::Store& inner, Baton& baton, std::uint64_t dies_at, bool after)
        : inner_(inner), baton_(baton), dies_at_(dies_at), after_(after) {}

    bool dead() const { return dead_; }

    Result<store::PutReceipt> create(std::string_view name, ByteView bytes) override;
    Result<store::PutReceipt> put(std::string_view name, ByteView bytes) override;
    Result<Bytes> get(std::string_view name) override;
    Result<Bytes> get(std::string_view name, store::Range range) override;
    Result<store::ObjectInfo> stat(std::string_view name) override;
    Result<store::ListPage> list(std::string_view prefix, std::string_view token,
                                 std::size_t limit) override;
    Result<void> remove(std::string_view name) override;
    Result<base::Time> now() override;

private:
    template <class F>
    auto call(F action) -> decltype(action());

    store::Store& inner_;
    Baton& baton_;
    std::uint64_t dies_at_;
    bool after_;
    std::uint64_t calls_ = 0;
    bool dead_ = false;
};

}  // namespace holdfast::sim

#include "tests/sim/baton.h"

#include <algorithm>
#include <string_view>
#include <thread>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"

namespace holdfast::sim {

namespace {

/// One step in so many changes the course of the schedules that prefer to go on.
constexpr std::uint64_t kStubbornness = 12;
constexpr std::uint64_t kRankedness = 40;

}  // namespace

void Baton::run(std::vector<std::function<void()>> actors) {
    wake_ = std::vector<std::condition_variable>(actors.size());
    done_.assign(actors.size(), false);
    for (std::size_t i = 0; i < actors.size(); ++i) rank_.push_back(lowest_ + random_.below(1000));
    std::vector<std::jthread> threads;
    {
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < actors.size(); ++i)
            threads.emplace_back([this, i, &actors] {
                begin(i);
                actors[i]();
                end(i);
            });
        pass_on();
    }
}

void Baton::begin(std::size_t actor) {
    std::unique_lock lock(mutex_);
    wake_[actor].wait(lock, [&] { return running_ == actor; });
}

void Baton::end(std::size_t actor) {
    const std::lock_guard lock(mutex_);
    done_[actor] = true;
    running_ = kNobody;
    pass_on();
}

void Baton::step() {
    std::unique_lock lock(mutex_);
    const std::size_t self = running_;
    if (schedule_ == Schedule::Stubborn && random_.below(kStubbornness) != 0) return;
    if (schedule_ == Schedule::Ranked) {
        if (random_.below(kRankedness) != 0) return;
        rank_[self] = --lowest_;
    }
    pass_on();
    wake_[self].wait(lock, [&] { return running_ == self; });
}

void Baton::pass_on() {
    if (std::ranges::find(done_, false) == done_.end()) return;
    running_ = pick();
    wake_[running_].notify_one();
}

std::size_t Baton::pick() {
    std::vector<std::size_t> alive;
    for (std::size_t i = 0; i < done_.size(); ++i)
        if (!done_[i]) alive.push_back(i);
    if (schedule_ == Schedule::Ranked)
        return *std::ranges::max_element(alive, {}, [&](std::size_t i) { return rank_[i]; });
    return alive[random_.below(alive.size())];
}

template <class F>
auto ActorStore::call(F action) -> decltype(action()) {
    const auto died = [] { return fail(ErrorCode::Internal, "this process was killed"); };
    if (dead_) return died();
    baton_.step();
    const bool dies = ++calls_ == dies_at_;
    if (!dies) return action();
    dead_ = true;
    if (after_) (void)action();
    return died();
}

Result<store::PutReceipt> ActorStore::create(std::string_view name, ByteView bytes) {
    return call([&] { return inner_.create(name, bytes); });
}

Result<store::PutReceipt> ActorStore::put(std::string_view name, ByteView bytes) {
    return call([&] { return inner_.put(name, bytes); });
}

Result<Bytes> ActorStore::get(std::string_view name) {
    return call([&] { return inner_.get(name); });
}

Result<Bytes> ActorStore::get(std::string_view name, store::Range range) {
    return call([&] { return inner_.get(name, range); });
}

Result<store::ObjectInfo> ActorStore::stat(std::string_view name) {
    return call([&] { return inner_.stat(name); });
}

Result<store::ListPage> ActorStore::list(std::string_view prefix, std::string_view token,
                                         std::size_t limit) {
    return call([&] { return inner_.list(prefix, token, limit); });
}

Result<void> ActorStore::remove(std::string_view name) {
    return call([&] { return inner_.remove(name); });
}

Result<base::Time> ActorStore::now() {
    return call([&] { return inner_.now(); });
}

}  // namespace holdfast::sim

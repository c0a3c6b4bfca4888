#include "store/faulty_store.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"

namespace holdfast::store {

namespace {

constexpr std::uint64_t kMillion = 1'000'000;

bool includes(StoreCall calls, StoreCall call) {
    return (std::to_underlying(calls) & std::to_underlying(call)) != 0;
}

std::unexpected<Error> injected(const Fault& fault) {
    return fail(fault.code, "injected fault");
}

}  // namespace

void FaultyStore::script(Fault fault, std::uint64_t nth, std::uint64_t times) {
    ASSERT(nth >= 1);
    state_.update([&](State& state) {
        state.rules.push_back({.fault = fault, .skip = nth - 1, .times = times, .per_million = {}});
    });
}

void FaultyStore::chance(Fault fault, std::uint64_t per_million) {
    state_.update([&](State& state) {
        state.rules.push_back({.fault = fault, .skip = 0, .times = 0, .per_million = per_million});
    });
}

void FaultyStore::delay_lists(std::uint64_t calls) {
    state_.update([&](State& state) { state.list_delay = calls; });
}

void FaultyStore::heal() {
    state_.update([](State& state) { state = {}; });
}

/// Under the lock of the state, because the generator of a seeded test is not thread-safe.
std::uint64_t FaultyStore::pick(std::uint64_t bound) {
    return state_.update([&](State&) { return random_.below(bound); });
}

std::optional<Fault> FaultyStore::meet(StoreCall call, std::string_view name) {
    return state_.update([&](State& state) -> std::optional<Fault> {
        ++state.calls;
        for (Rule& rule : state.rules) {
            if (!includes(rule.fault.calls, call) || !name.starts_with(rule.fault.only_under))
                continue;
            if (rule.per_million) {
                if (random_.below(kMillion) < *rule.per_million) return rule.fault;
                continue;
            }
            if (rule.times == 0) continue;
            if (rule.skip > 0) {
                --rule.skip;
                continue;
            }
            --rule.times;
            return rule.fault;
        }
        return std::nullopt;
    });
}

template <class F>
auto FaultyStore::attempt(const std::optional<Fault>& fault, F call) -> decltype(call()) {
    if (!fault) return call();
    if (fault->kind == FaultKind::Fail) return injected(*fault);
    auto result = call();
    if (fault->kind == FaultKind::LoseReply) return injected(*fault);
    return result;
}

Result<PutReceipt> FaultyStore::write(StoreCall call, std::string_view name, ByteView bytes) {
    auto fault = meet(call, name);
    if (fault && fault->kind == FaultKind::LoseWrite)
        return PutReceipt{.stored_at = TRY(inner_.now()), .version = {}};
    auto result = attempt(fault, [&] {
        return call == StoreCall::Create ? inner_.create(name, bytes) : inner_.put(name, bytes);
    });
    state_.update([&](State& state) {
        if (state.list_delay > 0)
            state.newcomers.push_back({std::string(name), state.calls + state.list_delay});
    });
    return result;
}

Result<PutReceipt> FaultyStore::create(std::string_view name, ByteView bytes) {
    return write(StoreCall::Create, name, bytes);
}

Result<PutReceipt> FaultyStore::put(std::string_view name, ByteView bytes) {
    return write(StoreCall::Put, name, bytes);
}

Result<Bytes> FaultyStore::get(std::string_view name) {
    auto fault = meet(StoreCall::Get, name);
    Bytes bytes = TRY(attempt(fault, [&] { return inner_.get(name); }));
    if (!fault || bytes.empty()) return bytes;
    if (fault->kind == FaultKind::ShortRead) bytes.resize(pick(bytes.size()));
    if (fault->kind == FaultKind::FlipBit)
        bytes[pick(bytes.size())] ^= std::byte{1} << static_cast<int>(pick(8));
    return bytes;
}

Result<Bytes> FaultyStore::get(std::string_view name, Range range) {
    auto fault = meet(StoreCall::GetRange, name);
    Bytes bytes = TRY(attempt(fault, [&] { return inner_.get(name, range); }));
    if (!fault || bytes.empty()) return bytes;
    if (fault->kind == FaultKind::ShortRead)
        return fail(ErrorCode::Corrupted, "'{}' ended too early (injected fault)", name);
    if (fault->kind == FaultKind::FlipBit)
        bytes[pick(bytes.size())] ^= std::byte{1} << static_cast<int>(pick(8));
    return bytes;
}

Result<ObjectInfo> FaultyStore::stat(std::string_view name) {
    return attempt(meet(StoreCall::Stat, name), [&] { return inner_.stat(name); });
}

std::set<std::string> FaultyStore::hidden_names() {
    return state_.update([](State& state) {
        std::erase_if(state.newcomers,
                      [&](auto& newcomer) { return newcomer.visible_at <= state.calls; });
        std::set<std::string> names;
        for (const Newcomer& newcomer : state.newcomers) names.insert(newcomer.name);
        return names;
    });
}

Result<ListPage> FaultyStore::list(std::string_view prefix, std::string_view token,
                                   std::size_t limit) {
    auto fault = meet(StoreCall::List, prefix);
    ListPage page = TRY(attempt(fault, [&] { return inner_.list(prefix, token, limit); }));
    std::set<std::string> hidden = hidden_names();
    std::erase_if(page.objects, [&](auto& object) { return hidden.contains(object.name); });
    if (fault && fault->kind == FaultKind::Omit && !page.objects.empty())
        page.objects.erase(page.objects.begin() +
                           static_cast<std::ptrdiff_t>(pick(page.objects.size())));
    return page;
}

Result<void> FaultyStore::remove(std::string_view name) {
    auto fault = meet(StoreCall::Remove, name);
    if (fault && fault->kind == FaultKind::LoseWrite) return {};
    return attempt(fault, [&] { return inner_.remove(name); });
}

Result<base::Time> FaultyStore::now() {
    return attempt(meet(StoreCall::Now, ""), [&] { return inner_.now(); });
}

}  // namespace holdfast::store

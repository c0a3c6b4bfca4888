#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/codec.h"
#include "base/fake_clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/aead.h"
#include "crypto/key_protector.h"
#include "crypto/secret.h"
#include "repo/collect.h"
#include "repo/compress.h"
#include "repo/core.h"
#include "repo/environment.h"
#include "repo/ids.h"
#include "repo/names.h"
#include "repo/repository.h"
#include "repo/run.h"
#include "repo/sealed_object.h"
#include "repo/vault_keys.h"
#include "store/memory_store.h"
#include "store/store.h"

// What the fuzz targets of the vault's format share. A vault's objects are sealed, so that bytes
// from outside never reach a parser: these targets seal theirs under the vault's own key, as a
// writer gone mad would.
namespace holdfast::repo::fuzz {

inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

/// Longer inputs only cost time.
inline constexpr std::size_t kMaxInput = 16u << 10;

/// A u16 length, then that many bytes or as many as there are.
inline ByteView take_slice(base::ByteReader& input) {
    const auto wanted = input.u16();
    if (!wanted) return {};
    return *input.raw(std::min<std::size_t>(*wanted, input.remaining()));
}

inline crypto::Key fixed_key() {
    base::SeededRandom random(7);
    return crypto::Key::random(random);
}

/// A part of an object that holds several, sealed as the format says.
inline Bytes seal_part(const VaultKeys& keys, const crypto::Key& key, ObjectType type,
                       std::string_view name, std::uint64_t ordinal, ByteView plain) {
    Bytes coded;
    compress(plain, 1, coded);
    Bytes sealed(coded.size() + crypto::kTagBytes);
    crypto::Aead(key).seal(crypto::nonce_of(ordinal), keys.associated_data(type, name, ordinal),
                           coded, sealed);
    return sealed;
}

/// A vault in memory with a small point in it. Each input plants objects of its own, looks at the
/// vault as a new process would, and puts everything back.
class FuzzVault {
public:
    FuzzVault() {
        // Damage is what this is about: its warnings would drown everything else.
        base::log::configure({.level = base::log::Level::Error});
        const crypto::KeyFileProtector protector{fixed_key()};
        const CreateOptions options{.vault_id = new_vault_id(random)};
        auto made = *Repository::create(store, protector, options, environment);
        auto writer = *made->begin();
        const Row row{
            .key = "key", .chunk = *writer->add_chunk(base::as_bytes("a chunk")), .attributes = {}};
        bool given = false;
        const RunRef run = *writer->add_run([&]() -> Result<std::optional<Row>> {
            if (std::exchange(given, true)) return std::nullopt;
            return row;
        });
        point = *writer->commit({.summary_json = "{}", .manifest_json = "{}", .runs = {run}});
        keys = std::make_unique<VaultKeys>(made->core().keys().root(), made->vault_id(),
                                           kDefaultChunkIdBytes, made->core().keys().epoch());
        for (const std::string& name : listed("")) objects_[name] = *store.get(name);
    }

    std::unique_ptr<Repository> open() {
        auto opened = Repository::open(store, crypto::RootKeyProtector(keys->root()), environment);
        require(opened.has_value(), "the vault can be opened");
        return std::move(*opened);
    }

    std::vector<std::string> listed(std::string_view prefix) {
        std::vector<std::string> names;
        const auto objects = *store::list_all(store, prefix, 1u << 20);
        for (const auto& object : objects) names.push_back(object.name);
        return names;
    }

    void plant(std::string_view name, ByteView bytes) {
        (void)store.remove(name);
        require(store.create(name, bytes).has_value(), "an object is stored");
    }

    /// The whole object of a record, sealed under its name.
    Bytes seal(ObjectType type, std::string_view name, ByteView plain) {
        return seal_object(*keys, type, name, plain, random);
    }

    /// One of those that look at a whole vault; whatever is in it, each comes back.
    void look(unsigned which) {
        auto repository = open();
        switch (which % 5) {
            case 0:
                (void)repository->points();
                (void)repository->keys();
                break;
            case 1:
                (void)repository->verify({.read_data_percent = 100});
                break;
            case 2:
                (void)repository->repair();
                break;
            case 3:
                (void)collect(*repository, {.dry_run = true});
                break;
            default:
                (void)collect(*repository, {.abort_idle_for = std::chrono::seconds(0)});
        }
    }

    void put_back() {
        for (const std::string& name : listed(""))
            if (!objects_.contains(name)) (void)store.remove(name);
        for (const auto& [name, bytes] : objects_) {
            const auto there = store.get(name);
            if (!there || *there != bytes) plant(name, bytes);
        }
    }

    base::FakeClock clock;
    base::SeededRandom random{1};
    store::MemoryStore store{clock};
    Environment environment{
        .clock = clock, .random = random, .cache_dir = "", .threads = 0, .memory = {}};
    std::unique_ptr<VaultKeys> keys;
    PointId point;

private:
    std::map<std::string, Bytes> objects_;
};

}  // namespace holdfast::repo::fuzz

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/codec.h"
#include "base/fake_clock.h"
#include "base/random.h"
#include "crypto/aead.h"
#include "crypto/key_protector.h"
#include "crypto/secret.h"
#include "repo/core.h"
#include "repo/golden_vault.h"
#include "repo/ids.h"
#include "repo/index_run.h"
#include "repo/names.h"
#include "repo/pack.h"
#include "repo/point.h"
#include "repo/repository.h"
#include "repo/run_block.h"
#include "repo/run_source.h"
#include "repo/sealed_object.h"
#include "repo/vault_keys.h"
#include "store/memory_store.h"

// What the fuzz targets in tests/fuzz begin with: the parts of the golden vault, opened, each
// behind the first byte by which its target chooses what to do.
namespace holdfast::repo {
namespace {

constexpr std::string_view kPrefix = "golden-";
using Seeds = std::map<std::string, Bytes>;

void put_slice(base::ByteWriter& writer, ByteView bytes) {
    writer.u16(static_cast<std::uint16_t>(bytes.size()));
    writer.raw(bytes);
}

class Seeder {
public:
    Seeder() {
        for (const auto& [name, bytes] : golden_.objects) (void)*store_.create(name, bytes);
        const crypto::KeyFileProtector protector(
            *crypto::KeyFileProtector::from_text(golden_.key_file));
        repository_ = *Repository::open(
            store_, protector,
            {.clock = clock_, .random = random_, .cache_dir = "", .threads = 0, .memory = {}});
    }

    Seeds make() {
        for (const auto& [name, bytes] : golden_.objects) {
            if (name == names::kHeaders[0]) seeds_["header/golden-header"] = bytes;
            if (name.starts_with(names::kKeys) && name.ends_with(".a")) add_wrap(name, bytes);
            if (name.starts_with(names::kPacks)) add_pack(name, bytes);
            if (name.starts_with(names::kIndexRuns)) add_index_run(name, bytes);
        }
        add_records();
        add_run_blocks();
        add("key_wrap", "key-file", {}, base::as_bytes(golden_.key_file));
        return std::move(seeds_);
    }

private:
    const VaultKeys& keys() { return repository_->core().keys(); }

    void add(std::string_view target, std::string_view what, std::optional<std::uint8_t> choice,
             ByteView bytes) {
        base::ByteWriter writer;
        if (choice) writer.u8(*choice);
        writer.raw(bytes);
        for (int number = 0;; ++number) {
            const std::string name = fmt::format("{}/{}{}-{}", target, kPrefix, what, number);
            if (seeds_.try_emplace(name, base::to_bytes(writer.view())).second) return;
        }
    }

    /// The target puts the MAC and the checksum behind it.
    void add_wrap(const std::string&, const Bytes& bytes) {
        add("key_wrap", "wrap", {}, ByteView(bytes).first(bytes.size() - 40));
    }

    void add_pack(const std::string& name, const Bytes& bytes) {
        const auto frames = *read_footer(store_, keys(), name, bytes.size());
        const crypto::Key key = keys().object_key(ObjectType::Pack, base::as_bytes(name));
        base::ByteWriter footer;
        base::ByteWriter slices;
        footer.varint(frames.size());
        for (const FrameInfo& frame : frames) {
            base::ByteWriter lengths;
            for (const std::uint32_t length : frame.chunk_bytes) lengths.varint(length);
            footer.u8(static_cast<std::uint8_t>(frame.kind));
            footer.varint(frame.place.sealed_bytes);
            footer.varint(frame.chunk_bytes.size());
            footer.raw(lengths.view());
            Bytes coded(frame.place.sealed_bytes - crypto::kTagBytes);
            ASSERT_TRUE(crypto::Aead(key).open(
                crypto::nonce_of(frame.place.ordinal),
                keys().associated_data(ObjectType::Pack, name, frame.place.ordinal),
                ByteView(bytes).subspan(frame.place.offset, frame.place.sealed_bytes), coded));
            add("pack", "coded", 1, coded);
            put_slice(slices, coded);
            put_slice(slices, lengths.view());
        }
        add("pack", "footer", 0, footer.view());
        for (const int choice : {2, 6, 10, 14, 18, 22})
            add("pack", "frames", static_cast<std::uint8_t>(choice), slices.view());
        add("pack", "trailer", 3, ByteView(bytes).last(kPackTrailerBytes));
    }

    void add_index_run(const std::string& name, const Bytes& bytes) {
        auto source = std::make_unique<RunSource>(store_, name, bytes.size(), "");
        const auto run =
            *IndexRun::open(std::move(source), keys(), std::make_shared<IndexBlocks>(1u << 20));
        const Bytes footer = encode_index_footer(run->footer());
        add("index_run", "footer", 3, footer);
        if (run->footer().entry_blocks.empty()) return;
        const Bytes entries = encode_entries(**run->entries(0));
        const Bytes frames = encode_frames(**run->frames(0));
        add("index_run", "entries", 0, entries);
        add("index_run", "frames", 2, frames);
        base::ByteWriter whole;
        put_slice(whole, entries);
        put_slice(whole, frames);
        put_slice(whole, {});
        whole.raw(footer);
        for (const int choice : {4, 5, 6, 13, 14, 21, 29, 37})
            add("index_run", "run", static_cast<std::uint8_t>(choice), whole.view());
    }

    void add_records() {
        int ways = 0;
        struct Kind {
            std::string_view prefix;
            ObjectType type;
            std::uint8_t choice;
        };
        for (const auto& [prefix, type, choice] :
             {Kind{.prefix = names::kPoints, .type = ObjectType::Point, .choice = 0},
              Kind{.prefix = names::kManifests, .type = ObjectType::Manifest, .choice = 1},
              Kind{.prefix = names::kTombstones, .type = ObjectType::Tombstone, .choice = 2},
              Kind{.prefix = names::kWriters, .type = ObjectType::WriterRecord, .choice = 3},
              Kind{.prefix = names::kCondemned, .type = ObjectType::Condemned, .choice = 4}}) {
            const std::string what(prefix.substr(0, prefix.size() - 1));
            for (const auto& [name, bytes] : golden_.objects) {
                if (!name.starts_with(prefix)) continue;
                const Bytes plain = *open_object(keys(), type, name, bytes, 1u << 20);
                // Each kind of five in each of six ways; those after the first through a vault.
                for (const int way : {0, 1 + ways++ % 5})
                    add("records", what, static_cast<std::uint8_t>(choice + 5 * way), plain);
            }
        }
    }

    /// Every block by itself, and all under one node, which names them by their numbers.
    void add_run_blocks() {
        RunNode node;
        base::ByteWriter tree;
        for (const GoldenPoint& golden : golden_.points) {
            const Point point = *repository_->point(golden.id);
            const Bytes block = *repository_->read_chunk(point.content.runs.front().root);
            add("run_block", "rows", 0, block);
            const auto parsed = *parse_run_block(block, kDefaultChunkIdBytes);
            const auto& rows = std::get<RowBlock>(parsed);
            Bytes number(kDefaultChunkIdBytes, std::byte{0});
            number[0] = static_cast<std::byte>(node.children.size());
            node.children.push_back({rows.front().key, *ChunkId::from_bytes(number), rows.size()});
            put_slice(tree, block);
        }
        std::ranges::sort(node.children, {}, &RunNode::Child::first_key);
        const Bytes block = encode_node(node);
        add("run_block", "node", 0, block);
        put_slice(tree, block);
        for (const int choice : {2, 5, 8, 11, 14})
            add("run_block", "tree", static_cast<std::uint8_t>(choice), tree.view());
    }

    GoldenVault golden_ = make_golden_vault();
    base::FakeClock clock_;
    base::SeededRandom random_{1};
    store::MemoryStore store_{clock_};
    std::unique_ptr<Repository> repository_;
    Seeds seeds_;
};

TEST(FuzzCorpora, HoldTheOpenedPartsOfTheGoldenVault) {
    const Seeds seeds = Seeder().make();
    const std::string folder = HOLDFAST_TEST_DATA "/corpus";
    if (rewrites_golden_files()) write_files(folder, seeds, kPrefix);
    const auto kept = read_files(folder);
    for (const auto& [name, bytes] : seeds) {
        ASSERT_TRUE(kept.contains(name)) << name << " is missing: see golden_test.cpp";
        EXPECT_TRUE(std::ranges::equal(kept.at(name), bytes)) << name;
    }
}

}  // namespace
}  // namespace holdfast::repo

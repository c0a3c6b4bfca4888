#include "repo/golden_vault.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/fake_clock.h"
#include "base/json.h"
#include "base/random.h"
#include "crypto/key_protector.h"
#include "crypto/mac.h"
#include "crypto/scrypt.h"
#include "crypto/secret.h"
#include "repo/collect.h"
#include "repo/environment.h"
#include "repo/point.h"
#include "repo/repository.h"
#include "repo/run.h"
#include "repo/writer.h"
#include "store/faulty_store.h"
#include "store/memory_store.h"
#include "store/store.h"

namespace holdfast::repo {
namespace {

constexpr std::uint64_t kSeed = 20261121;
constexpr std::string_view kPassphrase = "correct horse battery staple";
/// The least that scrypt takes: this passphrase guards nothing.
constexpr crypto::ScryptCost kCheapCost{.log2_n = 4, .r = 1, .p = 1};

/// By key; a row without text is one that is gone.
using Texts = std::map<std::string, std::optional<std::string>>;

class Maker {
public:
    GoldenVault make() {
        create_with_two_keys();
        write_first_point();
        write_point_to_be_deleted();
        write_point_that_shares_with_it();
        leave_a_session_unfinished();
        collect_until_killed();
        write_point_over_a_base();
        return finish();
    }

private:
    void create_with_two_keys() {
        const CreateOptions options{.vault_id = new_vault_id(random_)};
        const crypto::Key key = crypto::Key::random(random_);
        golden_.key_file = crypto::KeyFileProtector::to_text(key);
        protector_.emplace(key);
        golden_.vault_id = options.vault_id;
        repository_ = *Repository::create(store_, *protector_, options, environment_);
        golden_.passphrase = kPassphrase;
        const crypto::PassphraseProtector passphrase(golden_.passphrase, kCheapCost);
        (void)*repository_->add_key(passphrase, "for the safe");
    }

    /// The repository as the next process sees it, an hour later.
    void reopen() {
        clock_.advance(std::chrono::hours(1));
        repository_ = *Repository::open(store_, *protector_, environment_);
    }

    /// Small packs and frames, so that there are several of each.
    static WriterOptions small(const std::optional<PointId>& base = {}) {
        return {.base = base, .frame_bytes = 600, .metadata_frame_bytes = 600, .pack_bytes = 900};
    }

    RunRef write_run(Writer& writer, const Texts& texts) {
        auto at = texts.begin();
        return *writer.add_run([&]() -> Result<std::optional<Row>> {
            if (at == texts.end()) return std::nullopt;
            Row row{.key = at->first,
                    .chunk = std::nullopt,
                    .attributes = base::to_bytes("attributes of " + at->first)};
            if (at->second) row.chunk = TRY(writer.add_chunk(base::as_bytes(*at->second)));
            ++at;
            return row;
        });
    }

    /// Commits a point with one new run over older ones; `rows` are those that it then has.
    PointId write_point(Writer& writer, const std::string& name, const Texts& texts,
                        const Texts& rows, const std::vector<RunRef>& older = {}) {
        GoldenPoint point;
        point.summary = fmt::format(R"({{"name":"{}"}})", name);
        point.manifest = fmt::format(R"({{"format":"golden","name":"{}"}})", name);
        PointContent content{.summary_json = point.summary,
                             .manifest_json = point.manifest,
                             .runs = {write_run(writer, texts)}};
        content.runs.insert(content.runs.end(), older.begin(), older.end());
        point.runs = content.runs.size();
        for (const auto& [key, text] : rows)
            point.rows.push_back(
                {key, "attributes of " + key, writer.id_of(base::as_bytes(*text)), *text});
        point.id = *writer.commit(content);
        golden_.points.push_back(point);
        return point.id;
    }

    /// Text that compresses, bytes that do not, and nothing at all.
    void write_first_point() {
        for (int i = 0; i < 12; ++i)
            first_texts_[fmt::format("apps/Deployment/shop/web-{:02}", i)] =
                fmt::format(R"({{"metadata":{{"name":"web-{}"}},"spec":{{"replicas":{}}}}})", i, i);
        Bytes noise(500);
        random_.fill(noise);
        first_texts_["/Secret/shop/noise"] = base::to_text(noise);
        first_texts_["/ConfigMap/shop/empty"] = "";
        first_texts_["/ConfigMap/shop/long"] = std::string(3000, 'x') + "end";
        const auto writer = *repository_->begin(small());
        first_ = write_point(*writer, "first", first_texts_, first_texts_);
    }

    /// Its one frame holds mostly what only this point needs.
    void write_point_to_be_deleted() {
        reopen();
        Texts texts = shared_;
        texts["of-the-deleted"] = std::string(400, 'd') + " goes with its point";
        const auto writer = *repository_->begin();
        golden_.deleted = write_point(*writer, "deleted", texts, texts);
        golden_.points.pop_back();
    }

    void write_point_that_shares_with_it() {
        reopen();
        const auto writer = *repository_->begin(small());
        write_point(*writer, "second", shared_, shared_);
    }

    void leave_a_session_unfinished() {
        reopen();
        const auto writer = *repository_->begin(small());
        golden_.aborted = writer->point_id();
        for (int i = 0; i < 3; ++i) {
            Bytes noise(700);
            random_.fill(noise);
            (void)*writer->add_chunk(noise);
        }
    }

    /// The collection moves what the second point shares with the deleted one, condemns the packs
    /// that nobody needs then, and dies when it deletes the first of them.
    void collect_until_killed() {
        reopen();
        ASSERT(repository_->delete_point(golden_.deleted, "no longer wanted"));
        store::FaultyStore dying(store_, random_);
        dying.script({.calls = store::StoreCall::Remove, .only_under = "packs/"}, 1, kForever);
        const auto over_dying = *Repository::open(dying, *protector_, environment_);
        const CollectOptions options{.abort_idle_for = std::chrono::seconds(0), .pack_bytes = 900};
        ASSERT(!collect(*over_dying, options));
    }

    /// A row changed, one is gone, one is new; the rest is in the run of the first point.
    void write_point_over_a_base() {
        reopen();
        Texts changes;
        changes["apps/Deployment/shop/web-03"] = std::nullopt;
        changes["apps/Deployment/shop/web-04"] = "web-04 was changed";
        changes["apps/Deployment/shop/web-99"] = "web-99 is new";
        Texts rows = first_texts_;
        for (const auto& [key, text] : changes) {
            rows.erase(key);
            if (text) rows[key] = text;
        }
        const Point base = *repository_->point(first_);
        const auto writer = *repository_->begin(small(first_));
        write_point(*writer, "third", changes, rows, base.content.runs);
    }

    GoldenVault finish() {
        const auto listed = *store::list_all(store_, "", 1000);
        for (const auto& object : listed) golden_.objects[object.name] = *store_.get(object.name);
        std::ranges::sort(golden_.points, {}, &GoldenPoint::id);
        return std::move(golden_);
    }

    static constexpr std::uint64_t kForever = 1u << 20;

    base::FakeClock clock_;
    base::SeededRandom random_{kSeed};
    store::MemoryStore store_{clock_};
    Environment environment_{
        .clock = clock_, .random = random_, .cache_dir = "", .threads = 0, .memory = {}};
    std::optional<crypto::KeyFileProtector> protector_;
    std::unique_ptr<Repository> repository_;
    GoldenVault golden_;
    Texts first_texts_;
    Texts shared_{{"shared", "what two points need"}};
    PointId first_;
};

}  // namespace

GoldenVault make_golden_vault() {
    return Maker().make();
}

std::string GoldenVault::expected_json() const {
    Json document;
    document["vaultId"] = vault_id;
    document["deleted"] = deleted.text();
    document["aborted"] = aborted.text();
    for (const GoldenPoint& point : points) {
        Json rows = Json::array();
        for (const GoldenRow& row : point.rows)
            rows.push_back({{"key", row.key},
                            {"attributes", row.attributes},
                            {"chunk", row.chunk.hex()},
                            {"bytes", row.bytes.size()},
                            {"sha256", base::to_hex(crypto::sha256(base::as_bytes(row.bytes)))}});
        document["points"].push_back({{"id", point.id.text()},
                                      {"summary", point.summary},
                                      {"manifest", point.manifest},
                                      {"runs", point.runs},
                                      {"rows", std::move(rows)}});
    }
    return base::pretty_json(document) + "\n";
}

bool rewrites_golden_files() {
    const char* value = std::getenv("HOLDFAST_REWRITE_GOLDEN");  // NOLINT(concurrency-mt-unsafe)
    return value != nullptr && std::string_view(value) == "1";
}

std::map<std::string, Bytes> read_files(const std::string& folder) {
    std::map<std::string, Bytes> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string text((std::istreambuf_iterator<char>(file)), {});
        files[std::filesystem::relative(entry.path(), folder)] = base::to_bytes(text);
    }
    return files;
}

void write_files(const std::string& folder, const std::map<std::string, Bytes>& files,
                 std::string_view prefix) {
    std::filesystem::create_directories(folder);
    for (const auto& [name, bytes] : read_files(folder)) {
        const std::filesystem::path path = std::filesystem::path(folder) / name;
        if (path.filename().native().starts_with(prefix)) std::filesystem::remove(path);
    }
    for (const auto& [name, bytes] : files) {
        const std::filesystem::path path = std::filesystem::path(folder) / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream file(path, std::ios::binary);
        const std::string_view text = base::as_text(bytes);
        file.write(text.data(), static_cast<std::streamsize>(text.size()));
    }
}

}  // namespace holdfast::repo

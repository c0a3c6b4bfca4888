// Ingests a file into a vault, or restores it, as one process: what `make bench` compares with
// other engines. Opening, unwrapping the key, verifying, syncing and committing are all included.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"
#include "crypto/key_protector.h"
#include "repo/environment.h"
#include "repo/ids.h"
#include "repo/point.h"
#include "repo/repository.h"
#include "repo/run.h"
#include "repo/writer.h"
#include "store/open.h"
#include "store/store.h"

namespace holdfast {
namespace {

constexpr std::size_t kChunkBytes = 64u << 10;

struct Args {
    std::string verb, vault, key_file;
    std::vector<std::string> rest;
};

unsigned long number_of(const char* variable, unsigned long fallback) {
    const char* text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nobody sets it
    return text == nullptr ? fallback : std::strtoul(text, nullptr, 10);
}

std::size_t threads() {
    return number_of("REPO_BENCH_THREADS", 2);
}

std::string row_key(std::size_t chunk) {
    return fmt::format("{:012}", chunk);
}

Result<std::unique_ptr<repo::Repository>> make_vault(const Args& args, store::Store& store,
                                                     const repo::Environment& environment) {
    const auto key = TRY(crypto::KeyFileProtector::create(args.key_file, environment.random));
    const repo::CreateOptions options{.vault_id = repo::new_vault_id(environment.random)};
    return repo::Repository::create(store, key, options, environment);
}

Result<std::uint64_t> ingest(repo::Repository& repository, const std::string& path) {
    repo::WriterOptions options;
    options.zstd_level = static_cast<int>(
        number_of("REPO_BENCH_LEVEL", static_cast<unsigned long>(options.zstd_level)));
    auto writer = TRY(repository.begin(options));
    const int file = ::open(path.c_str(), O_RDONLY);
    if (file < 0) return fail(ErrorCode::NotFound, "{} cannot be opened", path);
    std::vector<repo::ChunkId> ids;
    Bytes buffer(kChunkBytes);
    std::uint64_t total = 0;
    while (true) {
        const ssize_t got = ::read(file, buffer.data(), buffer.size());
        if (got <= 0) break;
        const auto size = static_cast<std::size_t>(got);
        ids.push_back(TRY(writer->add_chunk(ByteView(buffer).first(size))));
        total += size;
    }
    ::close(file);
    std::size_t next = 0;
    const auto run = TRY(writer->add_run([&]() -> Result<std::optional<repo::Row>> {
        if (next == ids.size()) return std::nullopt;
        repo::Row row{row_key(next), ids[next], {}};
        ++next;
        return row;
    }));
    repo::PointContent content;
    content.summary_json = "{}";
    content.runs = {run};
    const repo::PointId id = TRY(writer->commit(content));
    const auto stats = writer->stats();
    fmt::print("point {}\nstored {} bytes in {} packs, {} of {} chunks new\n", id.text(),
               stats.stored_bytes, stats.packs, stats.new_chunks, stats.chunks);
    return total;
}

Result<std::uint64_t> restore(repo::Repository& repository, const std::string& point_id,
                              const std::string& path) {
    repo::PointId id;
    if (point_id == "latest")
        id = TRY(repository.points()).back().id;
    else
        id = TRY(repo::PointId::parse(point_id));
    const auto point = TRY(repository.point(id));
    std::vector<repo::ChunkId> ids;
    const repo::RunReader rows(repository, point.content.runs);
    TRY(rows.scan("", [&](const repo::Row& row) -> Result<void> {
        ids.push_back(*row.chunk);
        return {};
    }));
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0) return fail(ErrorCode::Internal, "{} cannot be written", path);
    TRY(repository.read_chunks(ids, [&](std::size_t position, ByteView bytes) -> Result<void> {
        const auto at = static_cast<off_t>(position * kChunkBytes);
        if (::pwrite(file, bytes.data(), bytes.size(), at) != static_cast<ssize_t>(bytes.size()))
            return fail(ErrorCode::Internal, "{} cannot be written", path);
        return {};
    }));
    ::close(file);
    return std::filesystem::file_size(path);
}

Result<std::uint64_t> run(const Args& args) {
    static base::SystemClock clock;
    static base::SystemRandom random;
    const repo::Environment environment{
        .clock = clock, .random = random, .cache_dir = "", .threads = threads(), .memory = {}};
    const auto store = TRY(store::open_store(args.vault, store::Missing::Create, random));
    std::unique_ptr<repo::Repository> repository;
    if (!std::filesystem::exists(args.key_file)) {
        repository = TRY(make_vault(args, *store, environment));
    } else {
        const auto key = TRY(crypto::load_key_file(args.key_file));
        repository = TRY(repo::Repository::open(*store, *key, environment));
    }
    if (args.verb == "ingest" && args.rest.size() == 1) return ingest(*repository, args.rest[0]);
    if (args.verb == "restore" && args.rest.size() == 2)
        return restore(*repository, args.rest[0], args.rest[1]);
    return fail(ErrorCode::InvalidArgument,
                "usage: repo_bench ingest VAULT KEYFILE FILE | restore VAULT KEYFILE POINT OUT");
}

}  // namespace
}  // namespace holdfast

int main(int argc, char** argv) {
    if (argc < 4) {
        fmt::print(stderr, "usage: repo_bench ingest|restore VAULT KEYFILE ...\n");
        return 2;
    }
    const auto start = std::chrono::steady_clock::now();
    const auto bytes = holdfast::run({.verb = argv[1],
                                      .vault = argv[2],
                                      .key_file = argv[3],
                                      .rest = std::vector<std::string>(argv + 4, argv + argc)});
    if (!bytes) {
        fmt::print(stderr, "repo_bench: {}\n", bytes.error().message);
        return 1;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    fmt::print("{:.1f} MB/s ({} bytes in {:.3f} s), {} MiB resident at most\n",
               static_cast<double>(*bytes) / took.count() / 1e6, *bytes, took.count(),
               usage.ru_maxrss / 1024);
    return 0;
}

#include "tests/suite/store_suite.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/fake_clock.h"
#include "base/random.h"
#include "store/counting_store.h"
#include "store/directory_store.h"
#include "store/faulty_store.h"
#include "store/file_layer.h"
#include "store/memory_store.h"
#include "store/prefixed_store.h"
#include "store/retrying_store.h"
#include "store/store.h"
#include "store/throttled_store.h"
#include "tests/sim/memory_files.h"

namespace holdfast::store {
namespace {

struct Memory {
    Store& store() { return memory; }
    base::FakeClock clock;
    MemoryStore memory{clock};
};

struct Directory {
    Directory() {
        path = testing::TempDir() + "holdfast-store-" + base::uuid_v4(random);
        std::filesystem::create_directories(path);
        directory = std::move(*DirectoryStore::open(path, files, random));
    }
    ~Directory() { std::filesystem::remove_all(path); }
    Store& store() { return *directory; }

    base::SystemRandom random;
    PosixFileLayer files;
    std::string path;
    std::unique_ptr<DirectoryStore> directory;
};

struct DirectoryInMemory {
    DirectoryInMemory() : directory(std::move(*DirectoryStore::open("/vault", files, random))) {}
    Store& store() { return *directory; }

    base::SystemRandom random;
    base::FakeClock clock;
    sim::MemoryFileLayer files{{.directories = {"/vault"}, .files = {}}, clock};
    std::unique_ptr<DirectoryStore> directory;
};

template <class Base>
struct Retrying {
    Store& store() { return retrying; }
    Base base;
    base::FakeClock clock;
    base::SystemRandom random;
    RetryingStore retrying{base.store(), {}, clock, random};
};

/// Every third call fails before or after it has done its work.
template <class Base>
struct RetryingOverUnreliable {
    static constexpr bool kRepliesGetLost = true;
    RetryingOverUnreliable() {
        faulty.chance({.kind = FaultKind::Fail}, 150'000);
        faulty.chance({.kind = FaultKind::LoseReply, .code = ErrorCode::Timeout}, 150'000);
    }
    Store& store() { return retrying; }
    Base base;
    base::FakeClock clock;
    base::SystemRandom random;
    FaultyStore faulty{base.store(), random};
    RetryingStore retrying{faulty, {.tries = 30}, clock, random};
};

template <class Base>
struct Throttled {
    Store& store() { return throttled; }
    Base base;
    base::FakeClock clock;
    ThrottledStore throttled{
        base.store(), {.bytes_per_second = 1000, .requests_per_second = 10}, clock};
};

template <class Base>
struct Counting {
    Store& store() { return counting; }
    Base base;
    CountingStore counting{base.store()};
};

template <class Base>
struct FaultlessFaulty {
    Store& store() { return faulty; }
    Base base;
    base::SystemRandom random;
    FaultyStore faulty{base.store(), random};
};

/// Lets a store that somebody else owns be owned.
class Borrowed final : public Store {
public:
    explicit Borrowed(Store& inner) : inner_(inner) {}
    Result<PutReceipt> create(std::string_view name, ByteView bytes) override {
        return inner_.create(name, bytes);
    }
    Result<PutReceipt> put(std::string_view name, ByteView bytes) override {
        return inner_.put(name, bytes);
    }
    Result<Bytes> get(std::string_view name) override { return inner_.get(name); }
    Result<Bytes> get(std::string_view name, Range range) override {
        return inner_.get(name, range);
    }
    Result<ObjectInfo> stat(std::string_view name) override { return inner_.stat(name); }
    Result<ListPage> list(std::string_view prefix, std::string_view token,
                          std::size_t limit) override {
        return inner_.list(prefix, token, limit);
    }
    Result<void> remove(std::string_view name) override { return inner_.remove(name); }
    Result<base::Time> now() override { return inner_.now(); }

private:
    Store& inner_;
};

template <class Base>
struct Prefixed {
    static constexpr bool kNamesArePrefixed = true;
    Prefixed() {
        (void)base.store().put("vault/other", {});
        (void)base.store().put("a", {});
        (void)base.store().put("z", {});
        prefixed = std::move(
            *PrefixedStore::create(std::make_unique<Borrowed>(base.store()), "vault/one"));
    }
    Store& store() { return *prefixed; }
    Base base;
    std::unique_ptr<PrefixedStore> prefixed;
};

using Stores =
    testing::Types<Memory, Directory, DirectoryInMemory, Retrying<Memory>, Retrying<Directory>,
                   RetryingOverUnreliable<Memory>, RetryingOverUnreliable<DirectoryInMemory>,
                   Throttled<Memory>, Throttled<Directory>, Counting<Memory>, Counting<Directory>,
                   FaultlessFaulty<Memory>, FaultlessFaulty<Directory>, Prefixed<Memory>,
                   Prefixed<Directory>>;

}  // namespace
}  // namespace holdfast::store

namespace holdfast::suite {
INSTANTIATE_TYPED_TEST_SUITE_P(Every, StoreSuite, store::Stores);
}

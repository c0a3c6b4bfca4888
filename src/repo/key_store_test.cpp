#include "repo/key_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "base/bytes.h"
#include "crypto/scrypt.h"
#include "crypto/secret.h"
#include "repo/core.h"
#include "repo/fake_vault.h"
#include "repo/names.h"
#include "repo/vault_keys.h"
#include "store/faulty_store.h"
#include "store/memory_store.h"

namespace holdfast::repo {
namespace {

crypto::KeyFileProtector other_protector(TestVault& vault) {
    return crypto::KeyFileProtector(crypto::Key::random(vault.random));
}

/// The keys of somebody else who may write to the store and knows the vault's id.
VaultKeys foreign_keys(TestVault& vault) {
    return {crypto::Key::random(vault.random), vault.repository->vault_id(), 16, 1};
}

bool opens(TestVault& vault, const crypto::KeyProtector& protector) {
    return Repository::open(vault.store, protector, vault.environment).has_value();
}

TEST(KeyStore, RefusesOneKeyMoreThanTheVaultMayHave) {
    TestVault vault;
    const auto protector = other_protector(vault);
    for (std::size_t keys = 1; keys < kMaxWraps; ++keys)
        ASSERT_TRUE(vault.repository->add_key(protector, "another"));
    const auto refused = vault.repository->add_key(protector, "one too many");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::LimitExceeded);
    EXPECT_THAT(refused.error().message, testing::HasSubstr("remove one first"));
    EXPECT_TRUE(opens(vault, vault.protector));
    const auto keys = must(vault.repository->keys());
    EXPECT_EQ(keys.size(), kMaxWraps);
    ASSERT_TRUE(vault.repository->remove_key(keys.back().id));
    EXPECT_TRUE(vault.repository->add_key(protector, "instead"));
}

TEST(KeyStore, TakesNoWrapThatIsStoredUnderAnotherName) {
    TestVault vault;
    const auto protector = other_protector(vault);
    const KeyWrap added = must(vault.repository->add_key(protector, "to be withdrawn"));
    const Bytes copied = must(vault.store.get(names::key_wrap(added.id, 0)));
    ASSERT_TRUE(vault.store.create(names::key_wrap("0123456789abcdef", 0), copied));
    ASSERT_TRUE(vault.repository->remove_key(added.id));
    EXPECT_FALSE(opens(vault, protector));
    EXPECT_EQ(must(vault.repository->keys()).size(), 1u);
}

TEST(KeyStore, OpensThroughTheSecondCopyWhenTheFirstIsForged) {
    TestVault vault;
    const std::string id = must(vault.repository->keys()).front().id;
    auto record = must(parse_key_wrap(must(vault.store.get(names::key_wrap(id, 0)))));
    record.wrapped.back() ^= std::byte{1};
    ASSERT_TRUE(vault.store.remove(names::key_wrap(id, 0)));
    // Its checksum fits, which needs no key.
    ASSERT_TRUE(
        vault.store.create(names::key_wrap(id, 0), encode_key_wrap(record, foreign_keys(vault))));
    EXPECT_TRUE(opens(vault, vault.protector));
    EXPECT_EQ(must(vault.repository->keys()).size(), 1u);
}

TEST(KeyStore, CountsNoForgedWrapAsAKeyOfTheVault) {
    TestVault vault;
    const auto protector = other_protector(vault);
    ASSERT_TRUE(
        KeyStore(vault.store)
            .add(protector, foreign_keys(vault), "forged", vault.clock.now(), vault.random));
    const auto keys = must(vault.repository->keys());
    ASSERT_EQ(keys.size(), 1u);
    EXPECT_EQ(keys.front().label, "first key");
    // Otherwise the vault would be left with a key that does not open it.
    EXPECT_EQ(vault.repository->remove_key(keys.front().id).error().code, ErrorCode::Conflict);
    EXPECT_TRUE(opens(vault, vault.protector));
}

TEST(KeyStore, OpensThoughAFailedCreationLeftWrapsOfAnotherRoot) {
    TestVault vault;
    // Whatever the order of their random ids, some come before the real one.
    for (int i = 0; i < 8; ++i)
        ASSERT_TRUE(KeyStore(vault.store)
                        .add(vault.protector, foreign_keys(vault), "first key", vault.clock.now(),
                             vault.random));
    EXPECT_TRUE(opens(vault, vault.protector));
}

TEST(KeyStore, SaysThatTheHeaderIsDamagedWhenNoRootFitsIt) {
    TestVault vault;
    for (const std::string_view name : names::kHeaders) {
        Bytes header = must(vault.store.get(name));
        header.back() ^= std::byte{1};
        ASSERT_TRUE(vault.store.remove(name));
        ASSERT_TRUE(vault.store.create(name, header));
    }
    const auto opened = Repository::open(vault.store, vault.protector, vault.environment);
    EXPECT_EQ(opened.error().code, ErrorCode::Corrupted);
}

TEST(KeyStore, TriesAWrapThatWasForgedForAnotherVaultOnceMore) {
    TestVault vault;
    const std::string id = must(vault.repository->keys()).front().id;
    auto record = must(parse_key_wrap(must(vault.store.get(names::key_wrap(id, 0)))));
    const std::string real = record.vault_id;
    record.vault_id = new_vault_id(vault.random);
    ASSERT_TRUE(vault.store.remove(names::key_wrap(id, 0)));
    ASSERT_TRUE(
        vault.store.create(names::key_wrap(id, 0), encode_key_wrap(record, foreign_keys(vault))));
    const std::vector<std::string> ids = {record.vault_id, real};
    EXPECT_TRUE(
        KeyStore(vault.store).unwrap(vault.protector, ids, [](const auto&) { return true; }));
}

TEST(KeyStore, SaysThatAPassphraseIsWrongThoughAWrapIsDamagedToo) {
    TestVault vault;
    const crypto::ScryptCost cheap{.log2_n = 4, .r = 1, .p = 1};
    const crypto::PassphraseProtector protector("correct horse", cheap);
    KeyStore keys(vault.store);
    KeyWrapRecord record = must(keys.add(protector, vault.repository->core().keys(), "phrase",
                                         vault.clock.now(), vault.random));
    for (const std::string id : {"0000000000000000", "ffffffffffffffff"}) {
        record.id = id;
        record.wrapped = base::to_bytes(id.substr(0, 3));
        ASSERT_TRUE(vault.store.create(names::key_wrap(id, 0),
                                       encode_key_wrap(record, foreign_keys(vault))));
    }
    const auto opened = Repository::open(vault.store, crypto::PassphraseProtector("battery", cheap),
                                         vault.environment);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::PermissionDenied);
}

TEST(KeyStore, CountsOnlyItsOwnKeysBeforeItAddsOne) {
    TestVault vault;
    const VaultKeys foreign = foreign_keys(vault);
    for (std::size_t keys = 0; keys < kMaxWraps; ++keys)
        ASSERT_TRUE(KeyStore(vault.store)
                        .add(vault.protector, foreign_keys(vault), "forged", vault.clock.now(),
                             vault.random));
    EXPECT_TRUE(vault.repository->add_key(other_protector(vault), "another"));
}

TEST(KeyStore, AddsNoKeyThatReadersWouldRefuseForWhatElseLiesThere) {
    TestVault vault;
    for (std::size_t strays = 2; strays + 1 < kMaxKeyObjects; ++strays)
        ASSERT_TRUE(vault.store.create(fmt::format("keys/stray-{}", strays), {}));
    const auto refused = vault.repository->add_key(other_protector(vault), "one too many");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::LimitExceeded);
    EXPECT_TRUE(opens(vault, vault.protector));
    ASSERT_TRUE(vault.store.remove("keys/stray-2"));
    EXPECT_TRUE(vault.repository->add_key(other_protector(vault), "another"));
    EXPECT_TRUE(opens(vault, vault.protector));
}

TEST(KeyStore, RemovesWrapsThatAreDamagedOrForged) {
    TestVault vault;
    const std::string damaged = "0123456789abcdef";
    ASSERT_TRUE(vault.store.create(names::key_wrap(damaged, 1), base::as_bytes("no key wrap")));
    const KeyWrapRecord forged = must(
        KeyStore(vault.store)
            .add(vault.protector, foreign_keys(vault), "forged", vault.clock.now(), vault.random));
    for (const std::string& id : {damaged, forged.id}) {
        ASSERT_TRUE(vault.repository->remove_key(id));
        EXPECT_EQ(vault.repository->remove_key(id).error().code, ErrorCode::NotFound);
    }
    EXPECT_EQ(must(store::list_all(vault.store, names::kKeys, 10)).size(), 2u);
    EXPECT_TRUE(opens(vault, vault.protector));
}

/// With the exported root key, that is.
TEST(KeyStore, AddsAKeyToAVaultOfWhichAllKeysAreDamaged) {
    TestVault vault;
    const std::string id = must(vault.repository->keys()).front().id;
    for (std::size_t copy = 0; copy < std::size(names::kCopySuffixes); ++copy) {
        ASSERT_TRUE(vault.store.remove(names::key_wrap(id, copy)));
        ASSERT_TRUE(vault.store.create(names::key_wrap(id, copy), base::as_bytes("no key wrap")));
    }
    EXPECT_EQ(vault.repository->remove_key(id).error().code, ErrorCode::Conflict);
    EXPECT_TRUE(vault.repository->add_key(vault.protector, "instead"));
    EXPECT_TRUE(opens(vault, vault.protector));
    EXPECT_TRUE(vault.repository->remove_key(id));
}

/// As when somebody else removes the other key between the first look and the second.
TEST(KeyStore, KeepsAKeyWhenAllOthersAreRemovedAtTheSameTime) {
    TestVault vault;
    const std::string first = must(vault.repository->keys()).front().id;
    const KeyWrap other = must(vault.repository->add_key(other_protector(vault), "other"));
    ASSERT_TRUE(vault.store.remove(names::key_wrap(other.id, 1)));
    store::FaultyStore faulty(vault.store, vault.random);
    auto repository = must(Repository::open(faulty, vault.protector, vault.environment));
    store::Fault omit{.calls = store::StoreCall::List, .kind = store::FaultKind::Omit};
    omit.only_under = std::string(names::kKeys);
    faulty.script(omit, 3);
    const auto removed = repository->remove_key(first);
    ASSERT_FALSE(removed);
    EXPECT_EQ(removed.error().code, ErrorCode::Conflict);
    EXPECT_TRUE(opens(vault, vault.protector));
    EXPECT_TRUE(vault.store.get(names::key_wrap(first, 1)));
    EXPECT_TRUE(repository->remove_key(first));
    EXPECT_FALSE(opens(vault, vault.protector));
}

TEST(KeyStore, LeavesOtherFilesInItsFolderAlone) {
    TestVault vault;
    for (const std::string_view name : {"keys/README", "keys/0123.a", "keys/0123456789abcdef.c"})
        ASSERT_TRUE(vault.store.create(name, base::as_bytes("not ours")));
    EXPECT_TRUE(opens(vault, vault.protector));
    EXPECT_TRUE(must(vault.repository->verify({})).damage.empty());
    EXPECT_EQ(must(vault.repository->verify({})).strays.size(), 3u);
}

TEST(KeyStore, CreationFailsWhenItCannotSeeWhetherThereIsAVault) {
    TestVault vault;
    store::MemoryStore empty(vault.clock);
    store::FaultyStore faulty(empty, vault.random);
    faulty.script({.calls = store::StoreCall::Stat, .code = ErrorCode::Unavailable});
    const auto made = Repository::create(
        faulty, vault.protector, {.vault_id = new_vault_id(vault.random)}, vault.environment);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::Unavailable);
    EXPECT_TRUE(must(store::list_all(empty, "", 10)).empty());
}

}  // namespace
}  // namespace holdfast::repo

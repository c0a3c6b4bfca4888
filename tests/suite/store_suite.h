#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "store/store.h"

namespace holdfast::suite {

/// What every store promises. A fixture `S` is default-constructible and has `store()`.
template <class S>
class StoreSuite : public testing::Test {
protected:
    store::Store& store() { return fixture_.store(); }

    void given(std::string_view name, std::string_view text) {
        auto created = store().create(name, base::as_bytes(text));
        ASSERT_TRUE(created) << created.error().message;
    }
    std::string text_of(std::string_view name) {
        auto bytes = store().get(name);
        return bytes ? base::to_text(*bytes) : "error: " + bytes.error().message;
    }
    std::vector<std::string> names_under(std::string_view prefix, std::size_t page_limit) {
        std::vector<std::string> names;
        std::string token;
        for (int pages = 0; pages < 100; ++pages) {
            auto page = store().list(prefix, token, page_limit);
            EXPECT_TRUE(page) << page.error().message;
            if (!page) return names;
            EXPECT_LE(page->objects.size(), page_limit);
            for (const auto& object : page->objects) names.push_back(object.name);
            token = page->next;
            if (token.empty()) return names;
        }
        ADD_FAILURE() << "the list has no end";
        return names;
    }

private:
    S fixture_;
};

TYPED_TEST_SUITE_P(StoreSuite);

TYPED_TEST_P(StoreSuite, GivesBackWhatWasStored) {
    this->given("points/a", "hello");
    EXPECT_EQ(this->text_of("points/a"), "hello");
}

TYPED_TEST_P(StoreSuite, KeepsAnEmptyObject) {
    this->given("empty", "");
    EXPECT_EQ(this->text_of("empty"), "");
    EXPECT_EQ(this->store().stat("empty")->size_bytes, 0u);
}

TYPED_TEST_P(StoreSuite, KeepsEveryByteOfALargeObject) {
    Bytes bytes(3'000'001);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::byte>((i * 2654435761u) >> 13);
    ASSERT_TRUE(this->store().put("packs/00/large", bytes));
    auto got = this->store().get("packs/00/large");
    ASSERT_TRUE(got);
    EXPECT_TRUE(*got == bytes);
}

TYPED_TEST_P(StoreSuite, CreatesANameOnlyOnce) {
    this->given("points/a", "first");
    for (std::string_view text : {"second", "first"}) {
        // Where replies get lost, equal bytes may be the caller's own earlier attempt.
        if (text == "first" && requires { TypeParam::kRepliesGetLost; }) break;
        auto again = this->store().create("points/a", base::as_bytes(text));
        ASSERT_FALSE(again);
        EXPECT_EQ(again.error().code, ErrorCode::AlreadyExists);
    }
    EXPECT_EQ(this->text_of("points/a"), "first");
}

TYPED_TEST_P(StoreSuite, LetsExactlyOneOfManyCreatorsWin) {
    std::vector<std::string> texts;
    for (int i = 0; i < 8; ++i) texts.push_back("writer " + std::to_string(i));
    std::vector<int> won(texts.size(), 0);
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < texts.size(); ++i)
            threads.emplace_back([&, i] {
                won[i] = this->store().create("race", base::as_bytes(texts[i])).has_value();
            });
    }
    EXPECT_EQ(std::ranges::count(won, 1), 1);
    auto winner = static_cast<std::size_t>(std::ranges::find(won, 1) - won.begin());
    EXPECT_EQ(this->text_of("race"), texts.at(winner));
}

TYPED_TEST_P(StoreSuite, PutsTheSameBytesAgainWithSuccess) {
    auto first = this->store().put("packs/ab/x", base::as_bytes("same"));
    auto second = this->store().put("packs/ab/x", base::as_bytes("same"));
    ASSERT_TRUE(first);
    ASSERT_TRUE(second);
    EXPECT_EQ(first->stored_at, second->stored_at);
}

TYPED_TEST_P(StoreSuite, RefusesToPutOtherBytesUnderATakenName) {
    ASSERT_TRUE(this->store().put("x", base::as_bytes("same length A")));
    for (std::string_view text : {"same length B", "short", "", "same length A and more"}) {
        auto again = this->store().put("x", base::as_bytes(text));
        ASSERT_FALSE(again) << text;
        EXPECT_EQ(again.error().code, ErrorCode::Conflict) << text;
    }
    EXPECT_EQ(this->text_of("x"), "same length A");
}

TYPED_TEST_P(StoreSuite, SaysWhatIsNotFound) {
    this->given("folder/x", "1");
    for (std::string_view name : {"nothing", "folder", "folder/y", "folder/x/y", "other/x"}) {
        EXPECT_EQ(this->store().get(name).error().code, ErrorCode::NotFound) << name;
        auto ranged = this->store().get(name, store::Range{.offset = 0, .length = 1});
        EXPECT_EQ(ranged.error().code, ErrorCode::NotFound) << name;
        EXPECT_EQ(this->store().stat(name).error().code, ErrorCode::NotFound) << name;
    }
}

TYPED_TEST_P(StoreSuite, ReadsExactlyTheRangeAskedFor) {
    this->given("x", "0123456789");
    auto read = [&](std::uint64_t offset, std::uint64_t length) {
        auto bytes = this->store().get("x", store::Range{.offset = offset, .length = length});
        return bytes ? base::to_text(*bytes) : std::string(name_of(bytes.error().code));
    };
    EXPECT_EQ(read(0, 10), "0123456789");
    EXPECT_EQ(read(3, 4), "3456");
    EXPECT_EQ(read(10, 0), "");
    EXPECT_EQ(read(5, 6), "Corrupted");
    EXPECT_EQ(read(11, 0), "Corrupted");
    EXPECT_EQ(read(1, ~std::uint64_t{0}), "Corrupted");
    EXPECT_EQ(read(~std::uint64_t{0}, 2), "Corrupted");
}

TYPED_TEST_P(StoreSuite, StatsSizeAndTime) {
    auto before = this->store().now();
    auto receipt = this->store().create("x", base::as_bytes("12345"));
    auto after = this->store().now();
    ASSERT_TRUE(before && receipt && after);
    auto found = this->store().stat("x");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->name, "x");
    EXPECT_EQ(found->size_bytes, 5u);
    EXPECT_EQ(found->stored_at, receipt->stored_at);
    EXPECT_LE(*before, found->stored_at);
    EXPECT_LE(found->stored_at, *after);
}

TYPED_TEST_P(StoreSuite, ListsInByteOrderHoweverThePagesAreCut) {
    std::vector<std::string> names = {"a-b/x", "a.b",   "a/1",     "a/b/c", "a/b/d",
                                      "a/c",   "a0",    "b",       "c/d/e", "c/d/f",
                                      "c/d1",  "d/x/y", "packs/1", "packs2"};
    std::ranges::sort(names);
    for (const std::string& name : names) this->given(name, name);
    for (std::size_t limit : {1, 2, 3, 5, 14, 1000})
        EXPECT_EQ(this->names_under("", limit), names) << limit;
}

TYPED_TEST_P(StoreSuite, ListsOnlyWhatStartsWithThePrefix) {
    for (std::string_view name : {"a/b/c", "a/bc", "a/bd/e", "a/c", "ab", "b"})
        this->given(name, "1");
    using testing::ElementsAre;
    EXPECT_THAT(this->names_under("a/b", 2), ElementsAre("a/b/c", "a/bc", "a/bd/e"));
    EXPECT_THAT(this->names_under("a/b/", 2), ElementsAre("a/b/c"));
    EXPECT_THAT(this->names_under("a/", 1), ElementsAre("a/b/c", "a/bc", "a/bd/e", "a/c"));
    EXPECT_THAT(this->names_under("a/c", 1), ElementsAre("a/c"));
    EXPECT_THAT(this->names_under("zzz/y", 1), ElementsAre());
}

TYPED_TEST_P(StoreSuite, ListsSizesAndTimesAsStatDoes) {
    this->given("f/x", "123");
    auto all = store::list_all(this->store(), "f/", 10);
    ASSERT_TRUE(all);
    ASSERT_EQ(all->size(), 1u);
    auto found = this->store().stat("f/x");
    EXPECT_EQ(all->front().size_bytes, 3u);
    EXPECT_EQ(all->front().stored_at, found->stored_at);
}

TYPED_TEST_P(StoreSuite, BoundsAListOfEverything) {
    for (std::string_view name : {"1", "2", "3"}) this->given(name, "");
    EXPECT_EQ(store::list_all(this->store(), "", 3)->size(), 3u);
    EXPECT_EQ(store::list_all(this->store(), "", 2).error().code, ErrorCode::LimitExceeded);
}

TYPED_TEST_P(StoreSuite, ForgetsWhatWasRemovedAndRemovesTwice) {
    this->given("f/x", "1");
    this->given("f/y", "2");
    EXPECT_TRUE(this->store().remove("f/x"));
    EXPECT_TRUE(this->store().remove("f/x"));
    EXPECT_TRUE(this->store().remove("never/was"));
    EXPECT_EQ(this->store().get("f/x").error().code, ErrorCode::NotFound);
    EXPECT_THAT(this->names_under("", 10), testing::ElementsAre("f/y"));
}

TYPED_TEST_P(StoreSuite, RefusesNamesThatAreNone) {
    std::string too_long(store::kMaxNameBytes + 1, 'a');
    std::string long_step(store::kMaxNameStepBytes + 1, 'a');
    for (std::string_view name :
         {std::string_view(""), std::string_view("/a"), std::string_view("a/"),
          std::string_view("a//b"), std::string_view(".."), std::string_view("a/../b"),
          std::string_view(".hidden"), std::string_view("a/.b"), std::string_view("a b"),
          std::string_view("a\0b", 3), std::string_view("\xc3\xa4"), std::string_view("a\\b"),
          std::string_view("1/2/3/4/5/6/7/8/9"), std::string_view(too_long),
          std::string_view(long_step)}) {
        auto refused = ErrorCode::InvalidArgument;
        EXPECT_EQ(this->store().create(name, {}).error().code, refused) << name;
        EXPECT_EQ(this->store().put(name, {}).error().code, refused) << name;
        EXPECT_EQ(this->store().get(name).error().code, refused) << name;
        EXPECT_EQ(this->store().stat(name).error().code, refused) << name;
        EXPECT_EQ(this->store().remove(name).error().code, refused) << name;
    }
    EXPECT_EQ(this->store().list("../", "", 1).error().code, ErrorCode::InvalidArgument);
    EXPECT_EQ(this->store().list(".tmp", "", 1).error().code, ErrorCode::InvalidArgument);
}

TYPED_TEST_P(StoreSuite, TakesNamesUpToTheBounds) {
    if (requires { TypeParam::kNamesArePrefixed; }) GTEST_SKIP() << "the prefix takes its share";
    std::string step(store::kMaxNameStepBytes, 'x');
    this->given(step + "/" + step, "1");
    this->given("1/2/3/4/5/6/7/8", "2");
    EXPECT_EQ(this->names_under("", 10).size(), 2u);
}

TYPED_TEST_P(StoreSuite, NeverLetsOneNameBeTheFolderOfAnother) {
    this->given("a", "1");
    this->given("b/c", "2");
    EXPECT_FALSE(this->store().put("a/x", base::as_bytes("3")));
    EXPECT_FALSE(this->store().put("b", base::as_bytes("4")));
    EXPECT_EQ(this->text_of("a"), "1");
    EXPECT_EQ(this->text_of("b/c"), "2");
}

REGISTER_TYPED_TEST_SUITE_P(StoreSuite, GivesBackWhatWasStored, KeepsAnEmptyObject,
                            KeepsEveryByteOfALargeObject, CreatesANameOnlyOnce,
                            LetsExactlyOneOfManyCreatorsWin, PutsTheSameBytesAgainWithSuccess,
                            RefusesToPutOtherBytesUnderATakenName, SaysWhatIsNotFound,
                            ReadsExactlyTheRangeAskedFor, StatsSizeAndTime,
                            ListsInByteOrderHoweverThePagesAreCut, ListsOnlyWhatStartsWithThePrefix,
                            ListsSizesAndTimesAsStatDoes, BoundsAListOfEverything,
                            ForgetsWhatWasRemovedAndRemovesTwice, RefusesNamesThatAreNone,
                            TakesNamesUpToTheBounds, NeverLetsOneNameBeTheFolderOfAnother);

}  // namespace holdfast::suite

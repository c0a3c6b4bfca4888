#include "engine/object_row.h"

#include <gtest/gtest.h>

namespace holdfast::engine {
namespace {

TEST(ObjectKey, ReadsBackWhatItWrote) {
    for (const ObjectKey& key :
         {ObjectKey{.group = "apps", .kind = "Deployment", .ns = "shop", .name = "web"},
          ObjectKey{.group = "", .kind = "Namespace", .ns = "", .name = "shop"}})
        EXPECT_EQ(*decode_key(encode_key(key)), key);
}

TEST(ObjectKey, RefusesBytesThatAreNoKey) {
    using std::string_literals::operator""s;
    for (const std::string& bad :
         {""s, "apps"s, "apps/"s, "apps/X"s, "/\0a\0b"s, "/X\0a"s, "/X\0a\0"s, "/X\0a\0b\0c"s})
        EXPECT_EQ(decode_key(bad).error().code, ErrorCode::Corrupted);
}

TEST(ObjectKey, RefusesWhatCouldNotBeReadBack) {
    using std::string_literals::operator""s;
    EXPECT_TRUE(check_key({"apps", "Deployment", "shop", std::string(4096 - 21, 'n')}));
    EXPECT_FALSE(check_key({"apps", "Deployment", "shop", std::string(4096 - 20, 'n')}));
    for (const ObjectKey& key :
         {ObjectKey{.group = "apps", .kind = "Deployment", .ns = "shop", .name = ""},
          ObjectKey{.group = "apps", .kind = "Deployment", .ns = "shop", .name = "a\0b"s},
          ObjectKey{.group = "apps", .kind = "Deployment", .ns = "sh\0op"s, .name = "a"},
          ObjectKey{.group = "apps", .kind = "", .ns = "shop", .name = "a"},
          ObjectKey{.group = "a/b", .kind = "Deployment", .ns = "shop", .name = "a"}})
        EXPECT_EQ(check_key(key).error().code, ErrorCode::InvalidArgument) << key.text();
}

TEST(ObjectKey, ReadsWellToPeople) {
    EXPECT_EQ((ObjectKey{"apps", "Deployment", "shop", "web"}.text()), "Deployment.apps shop/web");
    EXPECT_EQ((ObjectKey{"", "Namespace", "", "shop"}.text()), "Namespace shop");
}

TEST(ObjectFacts, ReadsBackWhatItWrote) {
    ObjectFacts facts{.version = "v1",
                      .uid = "6f9619ff-8b86-d011-b42d-00c04fc964ff",
                      .resource_version = "123456",
                      .generation = 3,
                      .created_at = 1'750'000'000,
                      .size_bytes = 2048,
                      .owned = true,
                      .deleting = true,
                      .managed_fields = "[]"};
    EXPECT_EQ(*decode_facts(*encode_facts(facts)), facts);
}

TEST(ObjectFacts, KeepsUnusualIdentifiersToTheLetter) {
    for (std::string_view uid : {"", "not-a-uuid", "6F9619FF-8B86-D011-B42D-00C04FC964FF"}) {
        for (std::string_view version : {"", "007", "abc", "99999999999999999999999"}) {
            ObjectFacts facts{.uid = std::string(uid), .resource_version = std::string(version)};
            EXPECT_EQ(*decode_facts(*encode_facts(facts)), facts);
        }
    }
}

TEST(ObjectFacts, NeverWritesWhatItWouldNotReadBack) {
    const ObjectFacts facts{.version = "v1", .uid = "u", .resource_version = "a"};
    for (auto member : {&ObjectFacts::version, &ObjectFacts::uid, &ObjectFacts::resource_version}) {
        ObjectFacts longest = facts;
        longest.*member = std::string(256, 'x');
        EXPECT_EQ(*decode_facts(*encode_facts(longest)), longest);
        longest.*member += 'x';
        auto refused = encode_facts(longest);
        ASSERT_FALSE(refused);
        EXPECT_NE(refused.error().message.find("of 257 bytes is longer than the 256"),
                  std::string::npos)
            << refused.error().message;
    }
    ObjectFacts managed = facts;
    managed.managed_fields = std::string((4u << 20) - 100, 'm');
    EXPECT_EQ(*decode_facts(*encode_facts(managed)), managed);
    // Within its own bound, but not with all the rest in one row.
    for (std::size_t size : {4u << 20, (4u << 20) + 1}) {
        managed.managed_fields = std::string(size, 'm');
        EXPECT_EQ(encode_facts(managed).error().code, ErrorCode::InvalidArgument);
    }
}

TEST(ObjectFacts, FitsAnOrdinaryObjectInThirtyTwoBytes) {
    ObjectFacts facts{.version = "v1",
                      .uid = "6f9619ff-8b86-d011-b42d-00c04fc964ff",
                      .resource_version = "123456",
                      .generation = 3,
                      .created_at = 1'750'000'000,
                      .size_bytes = 2048};
    EXPECT_LE(encode_facts(facts)->size(), 32u);
}

}  // namespace
}  // namespace holdfast::engine

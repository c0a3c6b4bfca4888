#include "engine/object_row.h"

#include <gtest/gtest.h>

namespace holdfast::engine {
namespace {

TEST(ObjectKey, ReadsBackWhatItWrote) {
    for (const ObjectKey& key :
         {ObjectKey{"apps", "Deployment", "shop", "web"}, ObjectKey{"", "Namespace", "", "shop"}})
        EXPECT_EQ(*decode_key(encode_key(key)), key);
}

TEST(ObjectKey, RefusesBytesThatAreNoKey) {
    using std::string_literals::operator""s;
    for (const std::string& bad :
         {""s, "apps"s, "apps/"s, "apps/X"s, "/\0a\0b"s, "/X\0a"s, "/X\0a\0"s, "/X\0a\0b\0c"s})
        EXPECT_EQ(decode_key(bad).error().code, ErrorCode::Corrupted);
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
    EXPECT_EQ(*decode_facts(encode_facts(facts)), facts);
}

TEST(ObjectFacts, KeepsUnusualIdentifiersToTheLetter) {
    for (std::string_view uid : {"", "not-a-uuid", "6F9619FF-8B86-D011-B42D-00C04FC964FF"}) {
        for (std::string_view version : {"", "007", "abc", "99999999999999999999999"}) {
            ObjectFacts facts{.uid = std::string(uid), .resource_version = std::string(version)};
            EXPECT_EQ(*decode_facts(encode_facts(facts)), facts);
        }
    }
}

TEST(ObjectFacts, FitsAnOrdinaryObjectInThirtyTwoBytes) {
    ObjectFacts facts{.version = "v1",
                      .uid = "6f9619ff-8b86-d011-b42d-00c04fc964ff",
                      .resource_version = "123456",
                      .generation = 3,
                      .created_at = 1'750'000'000,
                      .size_bytes = 2048};
    EXPECT_LE(encode_facts(facts).size(), 32u);
}

}  // namespace
}  // namespace holdfast::engine

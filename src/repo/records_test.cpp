#include "repo/records.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "repo/names.h"

namespace holdfast::repo {
namespace {

TEST(Records, NameMorePacksThanOneRecordMayInSeveral) {
    base::SeededRandom random(1);
    std::vector<std::string> packs;
    for (int i = 0; i < 7; ++i) packs.push_back(names::pack(PointId::random(random), random));
    EXPECT_TRUE(pack_lists({}, {}, 3).empty());
    const auto records = pack_lists({}, packs, 3);
    ASSERT_EQ(records.size(), 3u);
    std::vector<std::string> named;
    for (const PackListRecord& record : records) {
        EXPECT_LE(record.packs.size(), 3u);
        const auto read = parse_pack_list_record(encode(record));
        ASSERT_TRUE(read) << read.error().message;
        named.insert(named.end(), read->packs.begin(), read->packs.end());
    }
    EXPECT_EQ(named, packs);
}

}  // namespace
}  // namespace holdfast::repo

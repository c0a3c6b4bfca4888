#include "app/table.h"

#include <gtest/gtest.h>

namespace holdfast::app {
namespace {

TEST(Table, AlignsColumnsByCharactersNotBytes) {
    Table table({"NAME", "N"});
    table.add({"äö", "1"});
    table.add({"abcdef", "22"});
    EXPECT_EQ(table.text(), "NAME     N\näö       1\nabcdef   22\n");
}

TEST(Table, ShowsControlCharactersInsteadOfSendingThem) {
    Table table({"NAME"});
    table.add({"a\x1b[31m"});
    EXPECT_EQ(table.text(), "NAME\na\\x1b[31m\n");
}

}  // namespace
}  // namespace holdfast::app

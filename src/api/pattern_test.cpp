#include "api/pattern.h"

#include <gtest/gtest.h>

#include <string>

#include "api/aws_backup.h"
#include "api/aws_eks.h"
#include "api/aws_iam.h"
#include "api/aws_sts.h"
#include "api/shape.h"

namespace holdfast::api {
namespace {

TEST(Patterns, KnowEveryOneOfTheInterfaces) {
    for (const Service* service :
         {&aws_backup::kService, &aws_eks::kService, &aws_iam::kService, &aws_sts::kService})
        for (const Shape& shape : service->shapes)
            EXPECT_TRUE(shape.pattern.empty() || knows_pattern(shape.pattern))
                << service->name << " " << shape.name << " " << shape.pattern;
    EXPECT_FALSE(knows_pattern("[a-z]+"));
}

struct Case {
    std::string_view pattern;
    std::string fits;
    std::string does_not;
};

TEST(Patterns, TellWhatFits) {
    const Case cases[] = {
        {"^[0-9]{12}$", "111122223333", "11112222333"},
        {"^[0-9]{12}$", "000000000000", "11112222333a"},
        {R"(^[a-zA-Z0-9\-\_\.]{1,50}$)", "a.b-c_9", "a b"},
        {R"(^[a-zA-Z0-9\-\_\.]{1,50}$)", std::string(50, 'a'), std::string(51, 'a')},
        {R"(^[a-zA-Z0-9\-\_\.]{1,50}$)", "x", ""},
        {R"(^[a-zA-Z0-9\-\_]{2,50}$)", "ab", "a"},
        {R"(^[a-zA-Z0-9\-\_]{2,50}$)", "a_b-c", "a.b"},
        {R"(^[0-9A-Za-z][A-Za-z0-9\-_]*)", "shop-1", "-shop"},
        {R"([\w+=,.@-]+)", "Admin@x.y", "Admin/x"},
        {R"([\w+=,.@-]+)", "a", ""},
        {R"([\d]*)", "", "1a"},
        {R"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)", "K\u00f6ln 50667", "a\tb"},
        {R"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)", "", "{}"},
        {R"([\u0009\u000A\u000D\u0020-\u00FF]+)", "{\"a\":\n1}", "\u20ac"},
        {R"((\u002F)|(\u002F[\u0021-\u007E]+\u002F))", "/service-role/", "/service-role"},
        {R"((\u002F)|(\u002F[\u0021-\u007E]+\u002F))", "/", "//"},
        {R"(((/[A-Za-z0-9\.,\+@=_-]+)*)/)", "/a/b/", "/a//b/"},
        {R"(v[1-9][0-9]*(\.[A-Za-z0-9-]*)?)", "v12", "v0"},
        {R"(v[1-9][0-9]*(\.[A-Za-z0-9-]*)?)", "v1.a-b", "1"},
    };
    for (const Case& each : cases) {
        EXPECT_TRUE(fits_pattern(each.pattern, each.fits)) << each.pattern << " " << each.fits;
        EXPECT_FALSE(fits_pattern(each.pattern, each.does_not))
            << each.pattern << " " << each.does_not;
    }
}

}  // namespace
}  // namespace holdfast::api

#include "iam/policy_text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "iam/context_keys.h"

namespace holdfast::iam {
namespace {

// The structs name the columns of the tables.
// NOLINTBEGIN(modernize-use-designated-initializers)

ContextKeys some_keys() {
    ContextKeys keys;
    keys.set("aws:username", std::string("alice"));
    keys.set("aws:PrincipalTag/star", std::string("*"));
    keys.set("aws:PrincipalTag/colon", std::string("x:y"));
    keys.set("aws:PrincipalTag/control", std::string("\x01"));
    keys.set("aws:PrincipalArn", std::string("arn:aws:iam::111111111111:role/operator"));
    keys.add("aws:TagKeys", "one");
    keys.add("aws:TagKeys", "two");
    return keys;
}

struct TextRow {
    std::string_view rule;
    std::string_view pattern;
    std::string_view text;
    TextMatch match;
    Variables variables = Variables::Expand;
};

constexpr TextRow kTexts[] = {
    {"a variable has the request's value", "home/${aws:username}/*", "home/alice/x",
     TextMatch::Yes},
    {"and no other", "home/${aws:username}/*", "home/bob/x", TextMatch::No},
    {"the names of variables have no case", "${AWS:UserName}", "alice", TextMatch::Yes},
    {"a value is literal", "${aws:PrincipalTag/star}", "anything", TextMatch::No},
    {"a value is literal", "${aws:PrincipalTag/star}", "*", TextMatch::Yes},
    {"a value that would be a wildcard is none", "${aws:PrincipalTag/control}", "x",
     TextMatch::Unknown},
    {"a variable without a value", "${aws:PrincipalTag/none}", "", TextMatch::Unknown},
    {"a default", "${aws:PrincipalTag/none, 'anyone'}", "anyone", TextMatch::Yes},
    {"a default only without a value", "${aws:username, 'anyone'}", "anyone", TextMatch::No},
    {"several values are none", "${aws:TagKeys}", "one", TextMatch::Unknown},
    {"and have no default", "${aws:TagKeys, 'one'}", "one", TextMatch::Unknown},
    {"an escaped star", "a${*}", "a*", TextMatch::Yes},
    {"an escaped star is no wildcard", "a${*}", "ab", TextMatch::No},
    {"an escaped question mark", "a${?}", "a?", TextMatch::Yes},
    {"an escaped question mark is no wildcard", "a${?}", "ab", TextMatch::No},
    {"an escaped dollar", "${$}{x}", "${x}", TextMatch::Yes},
    {"a dollar alone", "$x", "$x", TextMatch::Yes},
    {"version 2008 knows no variables", "${aws:username}", "alice", TextMatch::No,
     Variables::Literal},
    {"version 2008 takes them literally", "${aws:username}", "${aws:username}", TextMatch::Yes,
     Variables::Literal},
};

TEST(PolicyText, MatchesByItsRules) {
    const ContextKeys keys = some_keys();
    for (const TextRow& row : kTexts) {
        const auto pattern = PolicyText::parse(row.pattern, Wildcards::Glob, row.variables);
        ASSERT_TRUE(pattern) << row.rule;
        EXPECT_EQ(matches(*pattern, row.text, keys), row.match)
            << row.rule << ": " << row.pattern << " with " << row.text;
    }
}

TEST(PolicyText, TakesWildcardsLiterallyWhereTheyAreNone) {
    const auto text = *PolicyText::parse("a*", Wildcards::Literal, Variables::Expand);
    EXPECT_EQ(matches(text, "a*", {}), TextMatch::Yes);
    EXPECT_EQ(matches(text, "ab", {}), TextMatch::No);
}

TEST(PolicyText, RefusesMalformedVariables) {
    for (const char* text : {"${aws:username", "${}", "${username}", "${:x}", "${aws:}",
                             "${aws:x, y}", "${aws:x, 'y}", "${aws:x,}"})
        EXPECT_FALSE(PolicyText::parse(text, Wildcards::Glob, Variables::Expand)) << text;
}

struct ArnRow {
    std::string_view rule;
    std::string_view pattern;
    std::string_view arn;
    TextMatch match;
};

constexpr ArnRow kArns[] = {
    {"equal", "arn:aws:s3:::bucket", "arn:aws:s3:::bucket", TextMatch::Yes},
    {"a star is every resource", "*", "arn:aws:s3:::bucket", TextMatch::Yes},
    {"also of requests that have none", "*", "*", TextMatch::Yes},
    {"which no pattern of an ARN is", "arn:*:*:*:*:*", "*", TextMatch::No},
    {"a star within a field", "arn:aws:backup:*:111111111111:backup-vault:*",
     "arn:aws:backup:eu-central-1:111111111111:backup-vault:gold", TextMatch::Yes},
    {"a star does not cross the first colons", "arn:aws:backup:*:backup-vault:gold:x",
     "arn:aws:backup:eu-central-1:111111111111:backup-vault:gold:x", TextMatch::No},
    {"but those of the resource", "arn:aws:backup:*:*:recovery-point:*",
     "arn:aws:backup:eu-central-1:111111111111:recovery-point:composite:eks/a", TextMatch::Yes},
    {"and its slashes", "arn:aws:iam::111111111111:role/*",
     "arn:aws:iam::111111111111:role/service-role/x", TextMatch::Yes},
    {"an empty field is matched by a star", "arn:aws:ec2:*:*:snapshot/*",
     "arn:aws:ec2:eu-central-1::snapshot/snap-1", TextMatch::Yes},
    {"an empty field is not everything", "arn:aws:ec2:::snapshot/*",
     "arn:aws:ec2:eu-central-1::snapshot/snap-1", TextMatch::No},
    {"case counts", "arn:aws:s3:::Bucket", "arn:aws:s3:::bucket", TextMatch::No},
    {"a question mark", "arn:aws:s3:::bucke?", "arn:aws:s3:::bucket", TextMatch::Yes},
    {"a last star stands for the missing fields", "arn:aws:backup:*",
     "arn:aws:backup:eu-central-1:111111111111:backup-vault:gold", TextMatch::Yes},
    {"but not for another service", "arn:aws:backup:*", "arn:aws:s3:::bucket", TextMatch::No},
    {"a variable", "arn:aws:s3:::home/${aws:username}", "arn:aws:s3:::home/alice", TextMatch::Yes},
    {"a value never moves fields", "arn:aws:s3:${aws:PrincipalTag/colon}::bucket",
     "arn:aws:s3:x:y:bucket", TextMatch::No},
    {"a variable without a value", "arn:aws:s3:::${aws:PrincipalTag/none}", "arn:aws:s3:::x",
     TextMatch::Unknown},
    {"does not matter when something else differs", "arn:aws:s3:::${aws:PrincipalTag/none}",
     "arn:aws:ec2:::x", TextMatch::No},
    {"a variable that is a whole ARN", "${aws:PrincipalArn}",
     "arn:aws:iam::111111111111:role/operator", TextMatch::Yes},
    {"a variable that is another ARN", "${aws:PrincipalArn}", "arn:aws:iam::111111111111:role/x",
     TextMatch::No},
};

TEST(ArnText, MatchesByItsRules) {
    const ContextKeys keys = some_keys();
    for (const ArnRow& row : kArns) {
        const auto pattern = ArnText::parse(row.pattern, Variables::Expand);
        ASSERT_TRUE(pattern) << row.rule;
        EXPECT_EQ(pattern->matches(split_arn(row.arn), keys), row.match)
            << row.rule << ": " << row.pattern << " with " << row.arn;
    }
}

TEST(ArnText, RefusesWhatIsNoArn) {
    for (const char* text : {"", "vault", "arn", "arn:", "arn:aws", "arn:*", "a*", "arn:aws:s3",
                             "arn:aws:s3:::", "arn:aws:backup:vault", "*:aws:s3:::bucket",
                             "a?n:aws:s3:::bucket", "vault-${aws:username}"}) {
        const auto pattern = ArnText::parse(text, Variables::Expand);
        ASSERT_FALSE(pattern) << text;
        EXPECT_EQ(pattern.error().code, ErrorCode::InvalidArgument);
    }
    EXPECT_FALSE(
        ArnText::parse("arn:aws:s3:::" + std::string(kMaxArnBytes, 'a'), Variables::Expand));
}

// NOLINTEND(modernize-use-designated-initializers)

}  // namespace
}  // namespace holdfast::iam

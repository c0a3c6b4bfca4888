#include "iam/condition.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "iam/context_keys.h"

namespace holdfast::iam {
namespace {

// The structs name the columns of the tables.
// NOLINTBEGIN(modernize-use-designated-initializers)

/// An operator with a policy's value, a request's value that compares with it, and one that does
/// not.
struct Operator {
    std::string_view name;
    bool negated;
    std::string_view policy;
    std::string_view match;
    std::string_view mismatch;
};

constexpr bool kNegated = true;
constexpr bool kPlain = false;

constexpr Operator kOperators[] = {
    {"StringEquals", kPlain, "gold", "gold", "Gold"},
    {"StringNotEquals", kNegated, "gold", "gold", "Gold"},
    {"StringEqualsIgnoreCase", kPlain, "gold", "GOLD", "silver"},
    {"StringNotEqualsIgnoreCase", kNegated, "gold", "GOLD", "silver"},
    {"StringLike", kPlain, "g*d", "gold", "silver"},
    {"StringNotLike", kNegated, "g*d", "gold", "silver"},
    {"NumericEquals", kPlain, "7", "7.0", "8"},
    {"NumericNotEquals", kNegated, "7", "7.0", "8"},
    {"NumericLessThan", kPlain, "7", "6", "7"},
    {"NumericLessThanEquals", kPlain, "7", "7", "8"},
    {"NumericGreaterThan", kPlain, "7", "8", "7"},
    {"NumericGreaterThanEquals", kPlain, "7", "7", "6"},
    {"DateEquals", kPlain, "2026-11-21T14:05:00Z", "2026-11-21T15:05:00+01:00",
     "2026-11-21T14:05:01Z"},
    {"DateNotEquals", kNegated, "2026-11-21", "2026-11-21T00:00:00Z", "2026-11-21T00:00:01Z"},
    {"DateLessThan", kPlain, "2026-11-21T14:05:00Z", "2026-11-21T14:04:59Z",
     "2026-11-21T14:05:00Z"},
    {"DateLessThanEquals", kPlain, "1000", "1970-01-01T00:16:40Z", "1001"},
    {"DateGreaterThan", kPlain, "2026-11-21T14:05Z", "2026-11-21T14:05:01Z",
     "2026-11-21T14:05:00Z"},
    {"DateGreaterThanEquals", kPlain, "1000", "1000", "999"},
    {"Bool", kPlain, "true", "True", "false"},
    {"BinaryEquals", kPlain, "QmFja3Vw", "QmFja3Vw", "UmVzdG9yZQ=="},
    {"IpAddress", kPlain, "203.0.113.0/24", "203.0.113.77", "203.0.114.1"},
    {"NotIpAddress", kNegated, "203.0.113.0/24", "203.0.113.77", "203.0.114.1"},
    {"ArnEquals", kPlain, "arn:aws:s3:::a*", "arn:aws:s3:::abc", "arn:aws:s3:::bc"},
    {"ArnNotEquals", kNegated, "arn:aws:s3:::a*", "arn:aws:s3:::abc", "arn:aws:s3:::bc"},
    {"ArnLike", kPlain, "arn:aws:s3:::a*", "arn:aws:s3:::abc", "arn:aws:s3:::bc"},
    {"ArnNotLike", kNegated, "arn:aws:s3:::a*", "arn:aws:s3:::abc", "arn:aws:s3:::bc"},
};

/// What holds for every operator. The request's values are written as a word: m for one that
/// matches, x for one that does not, nothing for a missing key.
struct Rule {
    std::string_view name;
    std::string_view quantifier;
    std::string_view suffix;
    std::string_view values;
    bool plain;
    bool negated;
};

constexpr Rule kRules[] = {
    {"a value that matches", "", "", "m", true, false},
    {"a value that does not", "", "", "x", false, true},
    {"a missing key matches nothing", "", "", "", false, true},
    {"of several values one is enough, or too much", "", "", "xm", true, false},
    {"several values of which none matches", "", "", "xx", false, true},

    {"IfExists with a value that matches", "", "IfExists", "m", true, false},
    {"IfExists with a value that does not", "", "IfExists", "x", false, true},
    {"IfExists without the key", "", "IfExists", "", true, true},

    {"ForAllValues with one that matches", "ForAllValues:", "", "m", true, false},
    {"ForAllValues with one that does not", "ForAllValues:", "", "x", false, true},
    {"ForAllValues when all match", "ForAllValues:", "", "mm", true, false},
    {"ForAllValues when one does not match", "ForAllValues:", "", "mx", false, false},
    {"ForAllValues when none matches", "ForAllValues:", "", "xx", false, true},
    {"ForAllValues without the key", "ForAllValues:", "", "", true, true},
    {"ForAllValues and IfExists without the key", "ForAllValues:", "IfExists", "", true, true},

    {"ForAnyValue with one that matches", "ForAnyValue:", "", "m", true, false},
    {"ForAnyValue with one that does not", "ForAnyValue:", "", "x", false, true},
    {"ForAnyValue when all match", "ForAnyValue:", "", "mm", true, false},
    {"ForAnyValue when one does not match", "ForAnyValue:", "", "mx", true, true},
    {"ForAnyValue when none matches", "ForAnyValue:", "", "xx", false, true},
    {"ForAnyValue without the key", "ForAnyValue:", "", "", false, false},
    {"ForAnyValue and IfExists without the key", "ForAnyValue:", "IfExists", "", true, true},
};

Condition condition(std::string_view name, std::string_view key, std::vector<std::string> values) {
    auto parsed = Condition::parse(name, key, values, Variables::Expand);
    if (!parsed) {
        ADD_FAILURE() << name << ": " << parsed.error().message;
        return {};
    }
    return *std::move(parsed);
}

TEST(Condition, HoldsForEveryOperatorByTheSameRules) {
    for (const Operator& op : kOperators) {
        for (const Rule& rule : kRules) {
            ContextKeys keys;
            for (const char letter : rule.values)
                keys.add("backup:Key", std::string(letter == 'm' ? op.match : op.mismatch));
            const std::string name =
                std::string(rule.quantifier) + std::string(op.name) + std::string(rule.suffix);
            const Condition it = condition(name, "Backup:KEY", {std::string(op.policy)});
            const bool expected = op.negated ? rule.negated : rule.plain;
            EXPECT_EQ(it.fulfilled(keys, Effect::Allow), expected) << name << ": " << rule.name;
            EXPECT_EQ(it.fulfilled(keys, Effect::Deny), expected) << name << ": " << rule.name;
        }
    }
}

TEST(Condition, TakesSeveralValuesOfThePolicyAsAlternatives) {
    ContextKeys keys;
    keys.set("aws:username", std::string("bob"));
    EXPECT_TRUE(
        condition("StringEquals", "aws:username", {"alice", "bob"}).fulfilled(keys, Effect::Allow));
    // And negated as none of them.
    EXPECT_FALSE(condition("StringNotEquals", "aws:username", {"alice", "bob"})
                     .fulfilled(keys, Effect::Allow));
}

struct NullRow {
    std::string_view rule;
    std::string_view name;
    std::string_view policy;
    std::vector<std::string> values;
    bool fulfilled;
};

TEST(Condition, AsksWhetherAKeyExistsWithNull) {
    const NullRow rows[] = {
        {"true: the key must be missing", "Null", "true", {}, true},
        {"true: the key is there", "Null", "true", {"x"}, false},
        {"false: the key must be there", "Null", "false", {"x"}, true},
        {"false: the key is missing", "Null", "false", {}, false},
        {"an empty value is null", "Null", "true", {""}, true},
        {"one that is not empty makes it exist", "Null", "false", {"", "x"}, true},
        {"a quantifier changes nothing", "ForAllValues:Null", "false", {}, false},
        {"a quantifier changes nothing", "ForAnyValue:Null", "true", {}, true},
    };
    for (const NullRow& row : rows) {
        ContextKeys keys;
        for (const std::string& value : row.values) keys.add("aws:TagKeys", value);
        EXPECT_EQ(condition(row.name, "aws:TagKeys", {std::string(row.policy)})
                      .fulfilled(keys, Effect::Allow),
                  row.fulfilled)
            << row.rule;
    }
}

TEST(Condition, TakesEmptyValuesAsNoneForAllValues) {
    ContextKeys keys;
    keys.add("aws:TagKeys", "");
    EXPECT_TRUE(condition("ForAllValues:StringEquals", "aws:TagKeys", {"a"})
                    .fulfilled(keys, Effect::Allow));
}

struct ValueRow {
    std::string_view rule;
    std::string_view name;
    std::string_view policy;
    std::string_view value;
    bool fulfilled;
};

constexpr ValueRow kValues[] = {
    {"StringEquals knows no wildcards", "StringEquals", "g*", "gold", false},
    {"StringEquals takes a star literally", "StringEquals", "g*", "g*", true},
    {"StringLike is case-sensitive", "StringLike", "G*", "gold", false},
    {"what is no number equals none", "NumericEquals", "7", "seven", false},
    {"what is no number differs from every one", "NumericNotEquals", "7", "seven", true},
    {"hexadecimal is no number", "NumericEquals", "16", "0x10", false},
    {"infinity is no number", "NumericGreaterThan", "7", "inf", false},
    {"negative numbers", "NumericLessThan", "0", "-0.5", true},
    {"what is no date is never earlier", "DateLessThan", "2026-11-21", "yesterday", false},
    {"what is no boolean is neither", "Bool", "false", "no", false},
    {"one address", "IpAddress", "203.0.113.7", "203.0.113.7", true},
    {"one address is no other", "IpAddress", "203.0.113.7", "203.0.113.8", false},
    {"a prefix within a byte, inside", "IpAddress", "10.0.0.0/9", "10.127.255.255", true},
    {"a prefix within a byte, outside", "IpAddress", "10.0.0.0/9", "10.128.0.0", false},
    {"host bits of a block do not count", "IpAddress", "10.1.2.3/8", "10.9.9.9", true},
    {"a prefix of nothing", "IpAddress", "0.0.0.0/0", "198.51.100.1", true},
    {"IPv6, inside", "IpAddress", "2001:db8::/33", "2001:db8:7fff::1", true},
    {"IPv6, outside", "IpAddress", "2001:db8::/33", "2001:db8:8000::1", false},
    {"IPv6 in full and short", "IpAddress", "2001:db8::1", "2001:0db8:0:0:0:0:0:1", true},
    {"every IPv4 is no IPv6", "IpAddress", "0.0.0.0/0", "2001:db8::1", false},
    {"every IPv6 is no IPv4", "IpAddress", "::/0", "198.51.100.1", false},
    {"IPv4 written as IPv6 is IPv4", "IpAddress", "203.0.113.0/24", "::ffff:203.0.113.9", true},
    {"a block written so too", "IpAddress", "::ffff:203.0.113.0/120", "203.0.113.9", true},
    {"no address is in no block", "IpAddress", "0.0.0.0/0", "backup.amazonaws.com", false},
    {"no address is outside of every block", "NotIpAddress", "0.0.0.0/0", "?", true},
    {"an ARN is compared by fields", "ArnLike", "arn:aws:s3:*:bucket:x", "arn:aws:s3:a:b:bucket:x",
     false},
    {"what is no ARN matches none", "ArnLike", "arn:aws:s3:::*", "bucket", false},
    {"what is no ARN differs from every one", "ArnNotLike", "arn:aws:s3:::*", "bucket", true},
    {"base64 is compared as bytes", "BinaryEquals", "QQ==", "QQ", true},
};

TEST(Condition, ComparesValuesAsItsOperatorDoes) {
    for (const ValueRow& row : kValues) {
        ContextKeys keys;
        keys.set("backup:Key", std::string(row.value));
        EXPECT_EQ(condition(row.name, "backup:Key", {std::string(row.policy)})
                      .fulfilled(keys, Effect::Allow),
                  row.fulfilled)
            << row.rule << ": " << row.name << " " << row.policy << " with " << row.value;
    }
}

struct VariableRow {
    std::string_view rule;
    std::string_view name;
    std::string_view policy;
    bool allow;
    bool deny;
};

TEST(Condition, LetsAVariableWithoutAValueHelpNobody) {
    constexpr VariableRow kRows[] = {
        {"it has a value", "StringEquals", "${aws:username}", true, true},
        {"it has none", "StringEquals", "${aws:PrincipalTag/none}", false, false},
        {"it has a default", "StringEquals", "${aws:PrincipalTag/none, 'alice'}", true, true},
        {"negated, it allows nothing and denies", "StringNotEquals", "${aws:PrincipalTag/none}",
         false, true},
        {"also without regard to case", "StringNotEqualsIgnoreCase", "${aws:PrincipalTag/none}",
         false, true},
        {"also with wildcards", "StringNotLike", "${aws:PrincipalTag/none}*", false, true},
        {"also for all values", "ForAllValues:StringNotEquals", "${aws:PrincipalTag/none}", false,
         true},
        {"also for any value", "ForAnyValue:StringNotEquals", "${aws:PrincipalTag/none}", false,
         true},
    };
    ContextKeys keys;
    keys.set("aws:username", std::string("alice"));
    keys.set("backup:Owner", std::string("alice"));
    for (const VariableRow& row : kRows) {
        const Condition it = condition(row.name, "backup:Owner", {std::string(row.policy)});
        EXPECT_EQ(it.fulfilled(keys, Effect::Allow), row.allow) << row.rule;
        EXPECT_EQ(it.fulfilled(keys, Effect::Deny), row.deny) << row.rule;
    }
}

TEST(Condition, ComparesArnsWithAVariableThatIsOne) {
    ContextKeys keys;
    keys.set("aws:PrincipalArn", std::string("arn:aws:iam::111111111111:role/operator"));
    keys.set("aws:SourceArn", std::string("arn:aws:iam::111111111111:role/operator"));
    EXPECT_TRUE(condition("ArnEquals", "aws:SourceArn", {"${aws:PrincipalArn}"})
                    .fulfilled(keys, Effect::Allow));
}

TEST(Condition, KnowsTheTime) {
    ContextKeys keys;
    keys.set_time(*base::from_rfc3339("2026-11-21T14:05:00Z"));
    for (const char* key : {"aws:CurrentTime", "aws:EpochTime"}) {
        EXPECT_TRUE(condition("DateGreaterThan", key, {"2026-11-21T14:04:59Z"})
                        .fulfilled(keys, Effect::Allow));
        EXPECT_FALSE(condition("DateGreaterThan", key, {"2026-11-21T14:05:00Z"})
                         .fulfilled(keys, Effect::Allow));
    }
    EXPECT_TRUE(
        condition("NumericEquals", "aws:EpochTime", {"1795269900"}).fulfilled(keys, Effect::Allow));
}

struct BadRow {
    std::string_view name;
    std::string_view key;
    std::string_view value;
    std::string_view sentence;
};

TEST(Condition, RefusesWhatItCannotCompare) {
    constexpr std::string_view kVendor =
        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
    constexpr BadRow kRows[] = {
        {"StringIs", "aws:x", "y", "Invalid Condition type : StringIs."},
        {"stringequals", "aws:x", "y", "Invalid Condition type : stringequals."},
        {"", "aws:x", "y", "Invalid Condition type : ."},
        {"IfExists", "aws:x", "y", "Invalid Condition type : IfExists."},
        {"NullIfExists", "aws:x", "true", "Invalid Condition type : NullIfExists."},
        {"ForSomeValues:StringEquals", "aws:x", "y",
         "Invalid Condition type : ForSomeValues:StringEquals."},
        {"ForAnyValue:ForAllValues:StringEquals", "aws:x", "y",
         "Invalid Condition type : ForAnyValue:ForAllValues:StringEquals."},
        {"StringEquals", "username", "y", kVendor},
        {"StringEquals", ":username", "y", kVendor},
        {"StringEquals", "aws:", "y", kVendor},
        {"NumericEquals", "aws:x", "seven", "The condition value seven is no number."},
        {"NumericEquals", "aws:x", "nan", "The condition value nan is no number."},
        {"NumericEquals", "aws:x", "7 ", "The condition value 7  is no number."},
        {"DateEquals", "aws:x", "yesterday", "The condition value yesterday is no date."},
        {"DateEquals", "aws:x", "2026-13-01", "The condition value 2026-13-01 is no date."},
        {"DateEquals", "aws:x", "${aws:CurrentTime}",
         "The condition value ${aws:CurrentTime} is no date."},
        {"Bool", "aws:x", "yes", "The condition value yes is no boolean."},
        {"Null", "aws:x", "maybe", "The condition value maybe is no boolean."},
        {"IpAddress", "aws:x", "10.0.0.0/33", "10.0.0.0/33 is no IP address and no CIDR block."},
        {"IpAddress", "aws:x", "10.0.0.256", "10.0.0.256 is no IP address and no CIDR block."},
        {"IpAddress", "aws:x", "10.0.0.0/", "10.0.0.0/ is no IP address and no CIDR block."},
        {"IpAddress", "aws:x", "::/129", "::/129 is no IP address and no CIDR block."},
        {"IpAddress", "aws:x", "10.*", "10.* is no IP address and no CIDR block."},
        {"ArnLike", "aws:x", "bucket", "The condition value bucket is no ARN."},
        {"BinaryEquals", "aws:x", "?", "The condition value ? is no base64 text."},
        {"StringEquals", "aws:x", "${aws:y", "A policy variable in ${aws:y is not closed."},
    };
    for (const BadRow& row : kRows) {
        const auto parsed =
            Condition::parse(row.name, row.key, {std::string(row.value)}, Variables::Expand);
        ASSERT_FALSE(parsed) << row.name << " " << row.value;
        EXPECT_EQ(parsed.error().message, row.sentence);
        EXPECT_EQ(parsed.error().code, ErrorCode::InvalidArgument);
    }
    EXPECT_FALSE(Condition::parse("StringEquals", "aws:x", {}, Variables::Expand));
}

// NOLINTEND(modernize-use-designated-initializers)

}  // namespace
}  // namespace holdfast::iam

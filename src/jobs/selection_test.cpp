#include "jobs/selection.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <tuple>
#include <vector>

#include "base/text.h"

namespace holdfast::jobs {
namespace {

SelectionRequest request() {
    return {.name = "all", .role_arn = "arn:aws:iam::123456789012:role/backup"};
}

BackupSelection selection(const SelectionRequest& request) {
    Result<BackupSelection> made = BackupSelection::create(request);
    EXPECT_TRUE(made) << made.error().message;
    return *std::move(made);
}

Resource cluster(const std::string& name, Tags tags = {}) {
    return {.arn = "arn:aws:eks:us-east-1:123456789012:cluster/" + name, .tags = std::move(tags)};
}

KeyValue tag(const std::string& key, const std::string& value) {
    return {.key = "aws:ResourceTag/" + key, .value = value};
}

TEST(Selection, TakesByArnAndPattern) {
    // resources, taken, taken when switched off
    using Case = std::tuple<const char*, bool, bool>;
    const Case cases[] = {
        {"*", true, false},
        {"arn:aws:eks:*", true, false},
        {"arn:aws:eks:us-east-1:*", true, false},
        {"arn:aws:eks:*:*:*", true, false},
        {"arn:aws:eks:*:*:cluster/*", true, true},
        {"arn:aws:eks:*:*:cluster/sh*", true, true},
        {"arn:*:cluster/*op", true, false},  // a type counts after five colons only
        {"arn:*:*:*:*:cluster/*h*p", true, true},
        {"*cluster/shop", true, false},
        {"arn:aws:eks:us-east-1:123456789012:cluster/shop", true, true},
        {"arn:aws:eks:us-east-1:123456789012:cluster/sho", false, false},
        {"arn:aws:eks:us-east-1:123456789012:cluster/shop2", false, false},
        {"arn:aws:eks:eu-*:*:cluster/*", false, false},
        {"arn:aws:ec2:*:*:volume/*", false, false},
        {"arn:aws:eks:us-east-1:123456789012:cluster/s?op", false, false},
    };
    for (const auto& [resources, taken, taken_when_switched_off] : cases) {
        SelectionRequest asked = request();
        asked.resources = {resources};
        const BackupSelection made = selection(asked);
        EXPECT_EQ(made.takes(cluster("shop"), OptIn::Yes), taken) << resources;
        EXPECT_EQ(made.takes(cluster("shop"), OptIn::No), taken_when_switched_off) << resources;
    }
}

TEST(Selection, SubtractsNotResources) {
    SelectionRequest asked = request();
    asked.resources = {"*"};
    asked.not_resources = {"arn:aws:eks:*:*:cluster/test-*", cluster("old").arn};
    const BackupSelection made = selection(asked);
    EXPECT_TRUE(made.takes(cluster("shop"), OptIn::Yes));
    EXPECT_FALSE(made.takes(cluster("test-1"), OptIn::Yes));
    EXPECT_FALSE(made.takes(cluster("old"), OptIn::Yes));
    EXPECT_TRUE(made.takes(cluster("older"), OptIn::Yes));
}

TEST(Selection, TakesWhatHasOneOfTheListedTags) {
    SelectionRequest asked = request();
    asked.list_of_tags = {{.type = "STRINGEQUALS", .key = "backup", .value = "daily"},
                          {.type = "StringEquals", .key = "tier", .value = "*"}};
    const BackupSelection made = selection(asked);
    EXPECT_TRUE(made.takes(cluster("a", {{"backup", "daily"}}), OptIn::Yes));
    EXPECT_FALSE(made.takes(cluster("a", {{"backup", "daily"}}), OptIn::No));
    EXPECT_FALSE(made.takes(cluster("a", {{"backup", "Daily"}}), OptIn::Yes));
    EXPECT_FALSE(made.takes(cluster("a", {{"tier", "gold"}}), OptIn::Yes));  // no wildcards here
    EXPECT_TRUE(made.takes(cluster("a", {{"tier", "*"}}), OptIn::Yes));
    EXPECT_FALSE(made.takes(cluster("a"), OptIn::Yes));
}

TEST(Selection, JoinsResourcesAndTagsByOr) {
    SelectionRequest asked = request();
    asked.resources = {"arn:aws:eks:*:*:cluster/shop"};
    asked.list_of_tags = {{.type = "STRINGEQUALS", .key = "backup", .value = "daily"}};
    const BackupSelection made = selection(asked);
    EXPECT_TRUE(made.takes(cluster("shop"), OptIn::No));
    EXPECT_TRUE(made.takes(cluster("other", {{"backup", "daily"}}), OptIn::Yes));
    EXPECT_FALSE(made.takes(cluster("other", {{"backup", "daily"}}), OptIn::No));
    EXPECT_FALSE(made.takes(cluster("other"), OptIn::Yes));
}

TEST(Selection, DemandsEveryCondition) {
    SelectionRequest asked = request();
    asked.resources = {"*"};
    asked.conditions = {.string_equals = {tag("env", "prod")},
                        .string_not_equals = {tag("owner", "nobody")},
                        .string_like = {tag("team", "pay*nts")},
                        .string_not_like = {tag("name", "*tmp*")}};
    const BackupSelection made = selection(asked);
    const Tags good = {{"env", "prod"}, {"team", "payments"}};
    EXPECT_TRUE(made.takes(cluster("a", good), OptIn::Yes));
    const std::pair<const char*, const char*> spoilers[] = {
        {"env", "prod2"}, {"env", "*"},        {"owner", "nobody"}, {"team", "pay"},
        {"team", ""},     {"name", "a-tmp-b"}, {"name", "tmp"},
    };
    for (const auto& [key, value] : spoilers) {
        Tags tags = good;
        tags[key] = value;
        EXPECT_FALSE(made.takes(cluster("a", tags), OptIn::Yes)) << key << "=" << value;
    }
    for (const char* needed : {"env", "team"}) {
        Tags tags = good;
        tags.erase(needed);
        EXPECT_FALSE(made.takes(cluster("a", tags), OptIn::Yes)) << needed;
    }
    Tags harmless = good;
    harmless["owner"] = "somebody";
    harmless["name"] = "tm-p";
    EXPECT_TRUE(made.takes(cluster("a", harmless), OptIn::Yes));
}

TEST(Selection, TakesTwoConditionsOnOneKeyBoth) {
    SelectionRequest asked = request();
    asked.resources = {"*"};
    asked.conditions.string_like = {tag("name", "a*"), tag("name", "*z")};
    const BackupSelection made = selection(asked);
    EXPECT_TRUE(made.takes(cluster("c", {{"name", "az"}}), OptIn::Yes));
    EXPECT_FALSE(made.takes(cluster("c", {{"name", "ab"}}), OptIn::Yes));
}

TEST(Selection, WithConditionsOnlyMeansAllThatMeetThem) {
    SelectionRequest asked = request();
    asked.conditions.string_equals = {tag("env", "prod")};
    const BackupSelection made = selection(asked);
    EXPECT_TRUE(made.takes(cluster("a", {{"env", "prod"}}), OptIn::Yes));
    EXPECT_FALSE(made.takes(cluster("a", {{"env", "prod"}}), OptIn::No));
    EXPECT_FALSE(made.takes(cluster("a"), OptIn::Yes));
}

TEST(Selection, LeavesOutWhatRestoreTestsLeftBehind) {
    SelectionRequest asked = request();
    asked.resources = {"arn:aws:eks:*:*:cluster/*"};
    const BackupSelection made = selection(asked);
    EXPECT_FALSE(made.takes(cluster("awsbackup-restore-test-1"), OptIn::Yes));
    EXPECT_FALSE(made.takes(cluster("a", {{"awsbackup-restore-test", "x"}}), OptIn::Yes));
    EXPECT_FALSE(made.takes(
        cluster("a", {{"aa", ""}, {"awsbackup-restore-test-7", ""}, {"zz", ""}}), OptIn::Yes));
    EXPECT_TRUE(made.takes(cluster("a", {{"awsbackup-restore", "x"}}), OptIn::Yes));
}

TEST(Selection, IsRefusedInTheSentencesOfAws) {
    // what, spoil, code, message
    using Case = std::tuple<const char*, void (*)(SelectionRequest&), ErrorCode, const char*>;
    const Case cases[] = {
        {"nothing", [](SelectionRequest& r) { r.resources.clear(); }, ErrorCode::InvalidArgument,
         "Invalid backup selection. Either 'ListOfTags' or 'Resources' section must be non-empty."},
        {"only NotResources",
         [](SelectionRequest& r) { r.not_resources = std::exchange(r.resources, {}); },
         ErrorCode::InvalidArgument,
         "Invalid backup selection. Either 'ListOfTags' or 'Resources' section must be non-empty."},
        {"name", [](SelectionRequest& r) { r.name = "a b"; }, ErrorCode::InvalidArgument,
         "Invalid backup selection. SelectionName must be 1 to 50 letters, digits, '-', '_' and "
         "'.'."},
        {"long name", [](SelectionRequest& r) { r.name = std::string(51, 'a'); },
         ErrorCode::InvalidArgument,
         "Invalid backup selection. SelectionName must be 1 to 50 letters, digits, '-', '_' and "
         "'.'."},
        {"no ARN", [](SelectionRequest& r) { r.resources = {"EKS"}; }, ErrorCode::InvalidArgument,
         "Invalid backup selection. 'EKS' in 'Resources' is neither an ARN nor a pattern of ARNs."},
        {"empty ARN", [](SelectionRequest& r) { r.not_resources = {""}; },
         ErrorCode::InvalidArgument,
         "Invalid backup selection. '' in 'NotResources' is neither an ARN nor a pattern of ARNs."},
        {"condition type",
         [](SelectionRequest& r) { r.list_of_tags = {{.type = "StringLike", .key = "a"}}; },
         ErrorCode::InvalidArgument,
         "Invalid backup selection. ConditionType 'StringLike' is not supported; it must be "
         "STRINGEQUALS."},
        {"condition key",
         [](SelectionRequest& r) { r.conditions.string_like = {{.key = "env", .value = "x"}}; },
         ErrorCode::InvalidArgument,
         "Invalid backup selection. ConditionKey 'env' must begin with 'aws:ResourceTag/'."},
        {"empty tag key",
         [](SelectionRequest& r) {
             r.conditions.string_equals = {{.key = "aws:ResourceTag/", .value = "x"}};
         },
         ErrorCode::InvalidArgument,
         "Invalid backup selection. A tag in 'Conditions' needs a key of 1 to 128 characters and a "
         "value of at most 256."},
        {"ARNs",
         [](SelectionRequest& r) { r.resources = std::vector<std::string>(501, "arn:aws:x"); },
         ErrorCode::LimitExceeded,
         "Invalid backup selection. 'Resources' has 501 ARNs; at most 500 are allowed."},
        {"wildcards",
         [](SelectionRequest& r) { r.not_resources = std::vector<std::string>(31, "arn:*"); },
         ErrorCode::LimitExceeded,
         "Invalid backup selection. 'NotResources' has 31 ARNs with wildcards; at most 30 are "
         "allowed."},
        {"tags",
         [](SelectionRequest& r) {
             r.list_of_tags = std::vector<TagCondition>(31, {.type = "STRINGEQUALS", .key = "k"});
         },
         ErrorCode::LimitExceeded,
         "Invalid backup selection. 'ListOfTags' has 31 tags; at most 30 are allowed."},
        {"conditions",
         [](SelectionRequest& r) {
             r.conditions.string_equals = std::vector<KeyValue>(16, tag("k", "v"));
             r.conditions.string_not_like = std::vector<KeyValue>(15, tag("k", "v"));
         },
         ErrorCode::LimitExceeded,
         "Invalid backup selection. 'Conditions' has 31 conditions; at most 30 are allowed."},
    };
    for (const auto& [what, spoil, code, message] : cases) {
        SelectionRequest asked = request();
        asked.resources = {"*"};
        ASSERT_TRUE(BackupSelection::create(asked));
        spoil(asked);
        const Result<BackupSelection> made = BackupSelection::create(asked);
        ASSERT_FALSE(made) << what;
        EXPECT_EQ(made.error().code, code) << what;
        EXPECT_EQ(made.error().message, message) << what;
    }
}

TEST(Selection, HasLimitsThatAnOperatorCanRaise) {
    SelectionRequest asked = request();
    asked.resources = std::vector<std::string>(501, "arn:aws:x");
    EXPECT_TRUE(BackupSelection::create(asked, {.arns = 501}));
}

TEST(Selection, AsksTenThousandClustersAtOnce) {
    // 300,000 patterns meet 10,000 clusters; what a plan costs is measured by the benchmark.
    SelectionRequest asked = request();
    for (int i = 0; i < 470; ++i) asked.resources.push_back(cluster(fmt::format("c{}", i)).arn);
    for (int i = 0; i < 30; ++i)
        asked.resources.push_back(fmt::format("arn:aws:eks:*:*:cluster/*-{}-*x", i));
    asked.list_of_tags = {{.type = "STRINGEQUALS", .key = "backup", .value = "yes"}};
    asked.conditions.string_not_like = {tag("env", "*test*")};
    const BackupSelection made = selection(asked);
    int taken = 0;
    for (int i = 0; i < 10'000; ++i) {
        const Resource resource =
            cluster(fmt::format("c{}", i), {{"env", i % 2 ? "test-1" : "prod"},
                                            {"backup", i % 10 == 0 ? "yes" : "no"},
                                            {"team", "t"}});
        taken += made.takes(resource, OptIn::Yes) ? 1 : 0;
    }
    // The even ones of the first 470, and of the others each tenth.
    EXPECT_EQ(taken, 235 + 953);
}

TEST(StarPattern, MatchesAsAGlobDoes) {
    EXPECT_TRUE(rc::check([] {
        const auto letters = rc::gen::container<std::string>(rc::gen::element('a', 'b', '*'));
        const std::string pattern = *letters;
        const std::string text = *rc::gen::container<std::string>(rc::gen::element('a', 'b'));
        RC_ASSERT(StarPattern(pattern).matches(text) == base::glob_matches(pattern, text));
        RC_ASSERT(StarPattern::literal(pattern).matches(text) == (pattern == text));
    }));
}

TEST(StarPattern, DoesNotCountACharacterTwice) {
    EXPECT_FALSE(StarPattern("ab*ba").matches("aba"));
    EXPECT_TRUE(StarPattern("ab*ba").matches("abba"));
    EXPECT_TRUE(StarPattern("*").matches(""));
    EXPECT_TRUE(StarPattern("").matches(""));
    EXPECT_FALSE(StarPattern("").matches("a"));
}

}  // namespace
}  // namespace holdfast::jobs

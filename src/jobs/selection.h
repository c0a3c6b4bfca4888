#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace holdfast::jobs {

using Tags = std::map<std::string, std::string, std::less<>>;

/// A member of ListOfTags: the key is a tag's, without a prefix.
struct TagCondition {
    std::string type;
    std::string key;
    std::string value;
};

/// A member of Conditions: the key is `aws:ResourceTag/` with a tag's key.
struct KeyValue {
    std::string key;
    std::string value;
};

struct TagConditions {
    std::vector<KeyValue> string_equals;
    std::vector<KeyValue> string_not_equals;
    std::vector<KeyValue> string_like;
    std::vector<KeyValue> string_not_like;
};

/// A backup selection as the API states it. A part that is empty counts as absent.
struct SelectionRequest {
    std::string name;
    std::string role_arn;
    std::vector<std::string> resources;
    std::vector<std::string> not_resources;
    std::vector<TagCondition> list_of_tags;
    TagConditions conditions;
};

/// The largest selection that is accepted.
struct SelectionLimits {
    std::size_t arns = 500;
    std::size_t arns_with_wildcards = 30;
    std::size_t tags = 30;
    std::size_t conditions = 30;
};

/// Something that a plan can back up.
struct Resource {
    std::string arn;
    Tags tags;
};

/// Whether the resource's type is switched on in its region.
enum class OptIn { Yes, No };

/// A text in which `*` stands for any run of characters, also none; every other character for
/// itself.
class StarPattern {
public:
    explicit StarPattern(std::string_view text);
    /// In which a star stands for itself too.
    static StarPattern literal(std::string_view text);
    bool matches(std::string_view text) const;

private:
    StarPattern() = default;

    /// What stands between the stars, in order; one piece only when there is no star.
    std::vector<std::string> pieces_;
};

/// Which resources a selection takes: (Resources or ListOfTags) and Conditions, without
/// NotResources. Conditions alone are asked of all resources. Ready for many questions; usable from
/// any thread.
class BackupSelection {
public:
    /// InvalidArgument in AWS's sentences; LimitExceeded beyond `limits`.
    static Result<BackupSelection> create(const SelectionRequest& request,
                                          const SelectionLimits& limits = {});

    /// A type that is switched off is taken only by an ARN or pattern that names the type. What is
    /// left over from restore tests, by its name or a tag, is never taken.
    bool takes(const Resource& resource, OptIn opt_in) const;

private:
    /// Texts that a resource's ARN may match: many whole ones, a few patterns.
    struct ArnSet {
        std::vector<std::string> whole;  ///< sorted
        std::vector<StarPattern> patterns;

        bool contains(std::string_view arn) const;
        bool empty() const { return whole.empty() && patterns.empty(); }
    };
    struct TagTest {
        std::string key;
        StarPattern value;
        bool wanted;  ///< false: the tag must be missing or differ
    };

    static void add(ArnSet& set, const std::string& arn);
    bool meets_conditions(const Tags& tags) const;
    bool has_listed_tag(const Tags& tags) const;

    ArnSet typed_;    ///< of Resources, those that name a type
    ArnSet untyped_;  ///< of Resources, the others, such as `*`
    ArnSet excluded_;
    std::vector<KeyValue> listed_tags_;
    std::vector<TagTest> conditions_;
};

}  // namespace holdfast::jobs

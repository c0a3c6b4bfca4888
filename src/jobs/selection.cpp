#include "jobs/selection.h"

#include <algorithm>
#include <functional>

#include "base/text.h"
#include "jobs/names.h"

namespace holdfast::jobs {
namespace {

constexpr std::string_view kTagPrefix = "aws:ResourceTag/";
constexpr std::string_view kRestoreTest = "awsbackup-restore-test";
constexpr std::size_t kMaxArnBytes = 2048;
constexpr std::size_t kMaxTagKeyBytes = 128;
constexpr std::size_t kMaxTagValueBytes = 256;

bool has_star(std::string_view text) {
    return text.contains('*');
}

/// Whether an ARN or pattern says which type of resource it means: the part after the account
/// begins with something else than a star.
bool names_type(std::string_view arn) {
    const std::vector<std::string_view> parts = base::split(arn, ':');
    return parts.size() >= 6 && !parts[5].empty() && parts[5].front() != '*';
}

Result<void> check_arns(std::string_view member, const std::vector<std::string>& arns,
                        const SelectionLimits& limits) {
    for (const std::string& arn : arns) {
        const bool is_arn = arn.starts_with("arn:") || arn.starts_with('*');
        if (!is_arn || arn.size() > kMaxArnBytes) {
            return fail(ErrorCode::InvalidArgument,
                        "Invalid backup selection. '{}' in '{}' is neither an ARN nor a pattern of "
                        "ARNs.",
                        arn.substr(0, kMaxArnBytes), member);
        }
    }
    const auto with_wildcards = static_cast<std::size_t>(std::ranges::count_if(arns, has_star));
    if (with_wildcards > limits.arns_with_wildcards) {
        return fail(ErrorCode::LimitExceeded,
                    "Invalid backup selection. '{}' has {} ARNs with wildcards; at most {} are "
                    "allowed.",
                    member, with_wildcards, limits.arns_with_wildcards);
    }
    if (arns.size() > limits.arns) {
        return fail(ErrorCode::LimitExceeded,
                    "Invalid backup selection. '{}' has {} ARNs; at most {} are allowed.", member,
                    arns.size(), limits.arns);
    }
    return {};
}

Result<void> check_tag(std::string_view member, std::string_view key, std::string_view value) {
    if (!key.empty() && key.size() <= kMaxTagKeyBytes && value.size() <= kMaxTagValueBytes)
        return {};
    return fail(ErrorCode::InvalidArgument,
                "Invalid backup selection. A tag in '{}' needs a key of 1 to {} characters and a "
                "value of at most {}.",
                member, kMaxTagKeyBytes, kMaxTagValueBytes);
}

Result<void> check_list_of_tags(const std::vector<TagCondition>& tags, std::size_t limit) {
    if (tags.size() > limit) {
        return fail(ErrorCode::LimitExceeded,
                    "Invalid backup selection. 'ListOfTags' has {} tags; at most {} are allowed.",
                    tags.size(), limit);
    }
    for (const TagCondition& tag : tags) {
        // The model has STRINGEQUALS; the guide and its examples write StringEquals.
        if (base::to_lower(tag.type) != "stringequals") {
            return fail(ErrorCode::InvalidArgument,
                        "Invalid backup selection. ConditionType '{}' is not supported; it must be "
                        "STRINGEQUALS.",
                        tag.type);
        }
        TRY(check_tag("ListOfTags", tag.key, tag.value));
    }
    return {};
}

Result<void> check_conditions(const TagConditions& conditions, std::size_t limit) {
    std::size_t count = 0;
    for (const auto* list : {&conditions.string_equals, &conditions.string_not_equals,
                             &conditions.string_like, &conditions.string_not_like}) {
        for (const KeyValue& condition : *list) {
            if (!condition.key.starts_with(kTagPrefix)) {
                return fail(ErrorCode::InvalidArgument,
                            "Invalid backup selection. ConditionKey '{}' must begin with '{}'.",
                            condition.key, kTagPrefix);
            }
            const std::string_view key = std::string_view(condition.key).substr(kTagPrefix.size());
            TRY(check_tag("Conditions", key, condition.value));
        }
        count += list->size();
    }
    if (count > limit) {
        return fail(ErrorCode::LimitExceeded,
                    "Invalid backup selection. 'Conditions' has {} conditions; at most {} are "
                    "allowed.",
                    count, limit);
    }
    return {};
}

bool is_empty(const TagConditions& conditions) {
    return conditions.string_equals.empty() && conditions.string_not_equals.empty() &&
           conditions.string_like.empty() && conditions.string_not_like.empty();
}

Result<void> check_request(const SelectionRequest& request, const SelectionLimits& limits) {
    if (!is_plan_name(request.name)) {
        return fail(ErrorCode::InvalidArgument,
                    "Invalid backup selection. SelectionName must be 1 to 50 letters, digits, '-', "
                    "'_' and '.'.");
    }
    if (request.resources.empty() && request.list_of_tags.empty() && is_empty(request.conditions)) {
        return fail(ErrorCode::InvalidArgument,
                    "Invalid backup selection. Either 'ListOfTags' or 'Resources' section must be "
                    "non-empty.");
    }
    TRY(check_arns("Resources", request.resources, limits));
    TRY(check_arns("NotResources", request.not_resources, limits));
    TRY(check_list_of_tags(request.list_of_tags, limits.tags));
    return check_conditions(request.conditions, limits.conditions);
}

bool is_left_from_restore_test(const Resource& resource) {
    const std::size_t name = resource.arn.find_last_of(":/") + 1;
    if (std::string_view(resource.arn).substr(name).starts_with(kRestoreTest)) return true;
    const auto tag = resource.tags.lower_bound(kRestoreTest);
    return tag != resource.tags.end() && tag->first.starts_with(kRestoreTest);
}

}  // namespace

StarPattern::StarPattern(std::string_view text) {
    for (const std::string_view piece : base::split(text, '*')) pieces_.emplace_back(piece);
}

StarPattern StarPattern::literal(std::string_view text) {
    StarPattern pattern;
    pattern.pieces_.emplace_back(text);
    return pattern;
}

bool StarPattern::matches(std::string_view text) const {
    const std::string& first = pieces_.front();
    if (pieces_.size() == 1) return text == first;
    const std::string& last = pieces_.back();
    if (text.size() < first.size() + last.size() || !text.starts_with(first) ||
        !text.ends_with(last))
        return false;
    // Between both ends, the earliest place of each piece leaves the most to the others.
    text = text.substr(first.size(), text.size() - first.size() - last.size());
    for (std::size_t i = 1; i + 1 < pieces_.size(); ++i) {
        const std::size_t found = text.find(pieces_[i]);
        if (found == std::string_view::npos) return false;
        text.remove_prefix(found + pieces_[i].size());
    }
    return true;
}

bool BackupSelection::ArnSet::contains(std::string_view arn) const {
    return std::ranges::binary_search(whole, arn, std::less<>()) ||
           std::ranges::any_of(patterns, [&](const StarPattern& p) { return p.matches(arn); });
}

void BackupSelection::add(ArnSet& set, const std::string& arn) {
    if (has_star(arn))
        set.patterns.emplace_back(arn);
    else
        set.whole.push_back(arn);
}

Result<BackupSelection> BackupSelection::create(const SelectionRequest& request,
                                                const SelectionLimits& limits) {
    TRY(check_request(request, limits));
    BackupSelection selection;
    for (const std::string& arn : request.resources)
        add(names_type(arn) ? selection.typed_ : selection.untyped_, arn);
    for (const std::string& arn : request.not_resources) add(selection.excluded_, arn);
    for (ArnSet* set : {&selection.typed_, &selection.untyped_, &selection.excluded_})
        std::ranges::sort(set->whole);
    for (const TagCondition& tag : request.list_of_tags)
        selection.listed_tags_.push_back({.key = tag.key, .value = tag.value});

    const TagConditions& conditions = request.conditions;
    const auto add_tests = [&](const std::vector<KeyValue>& list, auto pattern_of, bool wanted) {
        for (const KeyValue& condition : list) {
            selection.conditions_.push_back({.key = condition.key.substr(kTagPrefix.size()),
                                             .value = pattern_of(condition.value),
                                             .wanted = wanted});
        }
    };
    const auto with_stars = [](std::string_view text) { return StarPattern(text); };
    add_tests(conditions.string_equals, StarPattern::literal, true);
    add_tests(conditions.string_not_equals, StarPattern::literal, false);
    add_tests(conditions.string_like, with_stars, true);
    add_tests(conditions.string_not_like, with_stars, false);
    return selection;
}

bool BackupSelection::meets_conditions(const Tags& tags) const {
    return std::ranges::all_of(conditions_, [&](const TagTest& test) {
        const auto tag = tags.find(test.key);
        return (tag != tags.end() && test.value.matches(tag->second)) == test.wanted;
    });
}

bool BackupSelection::has_listed_tag(const Tags& tags) const {
    return std::ranges::any_of(listed_tags_, [&](const KeyValue& wanted) {
        const auto tag = tags.find(wanted.key);
        return tag != tags.end() && tag->second == wanted.value;
    });
}

bool BackupSelection::takes(const Resource& resource, OptIn opt_in) const {
    if (!meets_conditions(resource.tags) || excluded_.contains(resource.arn)) return false;
    if (is_left_from_restore_test(resource)) return false;
    if (typed_.contains(resource.arn)) return true;
    if (opt_in == OptIn::No) return false;
    const bool only_conditions = typed_.empty() && untyped_.empty() && listed_tags_.empty();
    return only_conditions || untyped_.contains(resource.arn) || has_listed_tag(resource.tags);
}

}  // namespace holdfast::jobs

#include "iam/policy_text.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "iam/glob.h"

namespace holdfast::iam {
namespace {

bool only_runs(std::string_view compiled) {
    return !compiled.empty() && compiled.find_first_not_of(kAnyRun) == std::string_view::npos;
}

struct Variable {
    std::string_view key;
    std::optional<std::string_view> fallback;
};

/// What stands between the braces: a key, and after a comma its default in single quotes.
Result<Variable> parse_variable(std::string_view inside) {
    const std::size_t comma = inside.find(',');
    Variable variable{.key = base::trim(inside.substr(0, comma)), .fallback = std::nullopt};
    const std::size_t colon = variable.key.find(':');
    if (colon == 0 || colon == std::string_view::npos || colon + 1 == variable.key.size())
        return fail(ErrorCode::InvalidArgument, "The policy variable ${{{}}} names no key.",
                    inside);
    if (comma == std::string_view::npos) return variable;
    const std::string_view quoted = base::trim(inside.substr(comma + 1));
    if (quoted.size() < 2 || quoted.front() != '\'' || quoted.back() != '\'')
        return fail(ErrorCode::InvalidArgument,
                    "The default of the policy variable ${{{}}} must stand in single quotes.",
                    inside);
    variable.fallback = quoted.substr(1, quoted.size() - 2);
    return variable;
}

/// The character that `${*}`, `${?}` or `${$}` stands for.
std::optional<char> escaped(std::string_view inside) {
    if (inside == "*" || inside == "?" || inside == "$") return inside.front();
    return std::nullopt;
}

/// The only value of a key, if it may stand in a glob.
const std::string* value_of(const ContextKeys& keys, std::string_view key) {
    const std::vector<std::string>* values = keys.find(key);
    if (values == nullptr || values->size() != 1) return nullptr;
    return holds_wildcard(values->front()) ? nullptr : &values->front();
}

}  // namespace

void PolicyText::append_literal(std::string_view compiled) {
    if (compiled.empty()) return;
    if (pieces_.empty() || !pieces_.back().key.empty()) pieces_.emplace_back();
    pieces_.back().text.append(compiled);
}

Result<PolicyText> PolicyText::parse(std::string_view text, Wildcards wildcards,
                                     Variables variables) {
    ASSERT(!holds_wildcard(text));
    const auto compiled = [&](std::string_view literal) {
        return wildcards == Wildcards::Glob ? compile_glob(literal) : std::string(literal);
    };
    PolicyText parsed;
    while (variables == Variables::Expand) {
        const std::size_t begin = text.find("${");
        if (begin == std::string_view::npos) break;
        const std::size_t end = text.find('}', begin);
        if (end == std::string_view::npos)
            return fail(ErrorCode::InvalidArgument, "A policy variable in {} is not closed.", text);
        parsed.append_literal(compiled(text.substr(0, begin)));
        const std::string_view inside = text.substr(begin + 2, end - begin - 2);
        text.remove_prefix(end + 1);
        if (const std::optional<char> character = escaped(inside)) {
            parsed.append_literal({&*character, 1});
            continue;
        }
        const Variable variable = TRY(parse_variable(inside));
        parsed.pieces_.push_back({.text = std::string(variable.fallback.value_or("")),
                                  .key = base::to_lower(variable.key),
                                  .has_default = variable.fallback.has_value()});
    }
    parsed.append_literal(compiled(text));
    if (parsed.pieces_.empty()) parsed.pieces_.emplace_back();
    return parsed;
}

const std::string* PolicyText::fixed() const {
    return pieces_.size() == 1 && pieces_.front().key.empty() ? &pieces_.front().text : nullptr;
}

std::optional<std::string> PolicyText::expand(const ContextKeys& keys) const {
    std::string expanded;
    for (const Piece& piece : pieces_) {
        const bool is_literal = piece.key.empty();
        const std::string* value = is_literal ? nullptr : value_of(keys, piece.key);
        const bool has_text = is_literal || (piece.has_default && keys.find(piece.key) == nullptr);
        if (value == nullptr && !has_text) return std::nullopt;
        expanded += value == nullptr ? piece.text : *value;
    }
    return expanded;
}

TextMatch matches(const PolicyText& pattern, std::string_view text, const ContextKeys& keys) {
    const auto answer = [&](std::string_view compiled) {
        return glob_matches(compiled, text) ? TextMatch::Yes : TextMatch::No;
    };
    if (const std::string* fixed = pattern.fixed()) return answer(*fixed);
    const std::optional<std::string> expanded = pattern.expand(keys);
    return expanded ? answer(*expanded) : TextMatch::Unknown;
}

TextMatch matches_any_case(const PolicyText& pattern, std::string_view text,
                           const ContextKeys& keys) {
    const std::optional<std::string> expanded = pattern.expand(keys);
    if (!expanded) return TextMatch::Unknown;
    return glob_matches(base::to_lower(*expanded), base::to_lower(text)) ? TextMatch::Yes
                                                                         : TextMatch::No;
}

std::vector<PolicyText> ArnText::split_fields(const PolicyText& whole) {
    std::vector<PolicyText> fields(1);
    for (const PolicyText::Piece& piece : whole.pieces_) {
        if (!piece.key.empty()) {
            fields.back().pieces_.push_back(piece);
            continue;
        }
        std::string_view rest = piece.text;
        while (fields.size() < kArnFields) {
            const std::size_t colon = rest.find(':');
            if (colon == std::string_view::npos) break;
            fields.back().append_literal(rest.substr(0, colon));
            fields.emplace_back();
            rest.remove_prefix(colon + 1);
        }
        fields.back().append_literal(rest);
    }
    for (PolicyText& field : fields)
        if (field.pieces_.empty()) field.pieces_.emplace_back();
    return fields;
}

Result<ArnText> ArnText::parse(std::string_view text, Variables variables) {
    const auto malformed = [&] {
        return fail(ErrorCode::InvalidArgument, "Resource {} must be in ARN format or \"*\".",
                    text);
    };
    if (text.empty() || text.size() > kMaxArnBytes) return malformed();
    PolicyText whole = TRY(PolicyText::parse(text, Wildcards::Glob, variables));
    ArnText parsed;
    const std::string* fixed = whole.fixed();
    parsed.any_ = fixed != nullptr && only_runs(*fixed);
    if (parsed.any_) return parsed;

    parsed.fields_ = split_fields(whole);
    const bool may_become_arn = text.starts_with("arn:") || text.starts_with("${");
    if (parsed.fields_.size() < kArnFields && fixed == nullptr && may_become_arn) {
        parsed.fields_.clear();
        parsed.whole_ = std::move(whole);
        return parsed;
    }
    const std::string* prefix = parsed.fields_.front().fixed();
    if (prefix == nullptr || *prefix != "arn" || parsed.fields_.size() < 3) return malformed();
    if (parsed.fields_.size() < kArnFields && (fixed == nullptr || !fixed->ends_with(kAnyRun)))
        return malformed();
    const std::string* resource = parsed.fields_.back().fixed();
    if (resource != nullptr && resource->empty()) return malformed();
    PolicyText rest;
    rest.append_literal({&kAnyRun, 1});
    parsed.fields_.resize(kArnFields, rest);
    return parsed;
}

TextMatch ArnText::matches_whole(const ArnFields& fields, const ContextKeys& keys) const {
    const std::optional<std::string> expanded = whole_->expand(keys);
    if (!expanded) return TextMatch::Unknown;
    const std::optional<ArnFields> wanted = split_arn(*expanded);
    if (!wanted) return TextMatch::No;
    return std::ranges::equal(*wanted, fields, glob_matches) ? TextMatch::Yes : TextMatch::No;
}

TextMatch ArnText::matches(const std::optional<ArnFields>& fields, const ContextKeys& keys) const {
    if (any_) return TextMatch::Yes;
    if (!fields) return TextMatch::No;
    if (whole_) return matches_whole(*fields, keys);
    bool unknown = false;
    for (std::size_t i = 1; i < kArnFields; ++i) {
        const TextMatch match = iam::matches(fields_[i], (*fields)[i], keys);
        if (match == TextMatch::No) return match;
        unknown = unknown || match == TextMatch::Unknown;
    }
    return unknown ? TextMatch::Unknown : TextMatch::Yes;
}

}  // namespace holdfast::iam

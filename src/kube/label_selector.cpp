#include "kube/label_selector.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

namespace holdfast::kube {
namespace {

using Operator = LabelSelector::Operator;
using Requirement = LabelSelector::Requirement;

constexpr std::size_t kMaxSelectorBytes = 64u << 10u;
constexpr std::size_t kMaxNameBytes = 63;
constexpr std::size_t kMaxPrefixBytes = 253;
constexpr std::string_view kSpecial = "=!(),<>";
constexpr std::string_view kSpace = " \t\r\n";

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Letters and digits at both ends; '-', '_' and '.' too in between.
bool is_label_name(std::string_view text) {
    if (text.empty() || text.size() > kMaxNameBytes) return false;
    if (!is_alphanumeric(text.front()) || !is_alphanumeric(text.back())) return false;
    return std::ranges::all_of(
        text, [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

/// A DNS subdomain: lower-case labels joined by dots.
bool is_label_prefix(std::string_view text) {
    if (text.empty() || text.size() > kMaxPrefixBytes) return false;
    char before = '.';
    for (const char c : text) {
        const bool inside = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!inside && c != '-' && c != '.') return false;
        if (!inside && before == '.') return false;
        if (c == '.' && before == '-') return false;
        before = c;
    }
    return before != '.' && before != '-';
}

bool is_label_key(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return is_label_name(text);
    return is_label_prefix(text.substr(0, slash)) && is_label_name(text.substr(slash + 1));
}

std::optional<std::int64_t> to_integer(std::string_view text) {
    std::int64_t value = 0;
    if (text.starts_with('+')) text.remove_prefix(1);
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stopped != end) return std::nullopt;
    return value;
}

/// Follows the grammar of k8s.io/apimachinery/pkg/labels, token by token.
class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) { scan(); }

    Result<std::vector<Requirement>> parse() {
        std::vector<Requirement> requirements;
        if (at_end()) return requirements;
        while (true) {
            requirements.push_back(TRY(requirement()));
            if (at_end()) return requirements;
            if (token_ != ",") return unexpected("',' or the end");
            scan();
            if (!at_identifier() && token_ != "!") return unexpected("a label key after ','");
        }
    }

private:
    bool at_end() const { return token_.empty(); }
    bool at_identifier() const {
        return !token_.empty() && kSpecial.find(token_.front()) == std::string_view::npos;
    }

    std::unexpected<Error> unexpected(std::string_view wanted) const {
        if (at_end()) {
            return fail(ErrorCode::InvalidArgument, "the selector '{}' ends where {} is expected",
                        text_, wanted);
        }
        return fail(ErrorCode::InvalidArgument,
                    "the selector '{}' has '{}' at position {} where {} is expected", text_, token_,
                    begin_ + 1, wanted);
    }

    void scan() {
        begin_ = std::min(text_.find_first_not_of(kSpace, next_), text_.size());
        std::size_t length = 0;
        const std::string_view rest = text_.substr(begin_);
        if (rest.starts_with("==") || rest.starts_with("!=")) {
            length = 2;
        } else if (!rest.empty() && kSpecial.find(rest.front()) != std::string_view::npos) {
            length = 1;
        } else {
            length = std::min(rest.find_first_of("=!(),<> \t\r\n"), rest.size());
        }
        token_ = rest.substr(0, length);
        next_ = begin_ + length;
    }

    Result<Requirement> requirement() {
        Requirement found;
        if (token_ == "!") {
            found.op = Operator::DoesNotExist;
            scan();
        }
        if (!at_identifier()) return unexpected("a label key");
        if (!is_label_key(token_)) {
            return fail(ErrorCode::InvalidArgument,
                        "'{}' in the selector is no label key: it must be [prefix/]name, the name "
                        "at most 63 letters, digits, '-', '_' and '.', with a letter or digit at "
                        "both ends",
                        token_);
        }
        found.key = token_;
        scan();
        if (found.op == Operator::DoesNotExist || at_end() || token_ == ",") return found;
        TRY(operation(found));
        std::ranges::sort(found.values);
        const auto repeated = std::ranges::unique(found.values);
        found.values.erase(repeated.begin(), repeated.end());
        TRY(check_values(found));
        return found;
    }

    Result<void> operation(Requirement& found) {
        const std::string_view op = token_;
        if (op == "in" || op == "notin") {
            found.op = op == "in" ? Operator::In : Operator::NotIn;
            scan();
            return value_set(found.values);
        }
        if (op == "=" || op == "==") {
            found.op = Operator::In;
        } else if (op == "!=") {
            found.op = Operator::NotIn;
        } else if (op == ">") {
            found.op = Operator::GreaterThan;
        } else if (op == "<") {
            found.op = Operator::LessThan;
        } else {
            return unexpected("one of =, ==, !=, in, notin, < and >");
        }
        scan();
        if (at_end() || token_ == ",") {
            found.values.emplace_back();
            return {};
        }
        if (!at_identifier()) return unexpected("a value");
        found.values.emplace_back(token_);
        scan();
        return {};
    }

    /// "(a,b)"; a missing value between commas is the empty one.
    Result<void> value_set(std::vector<std::string>& values) {
        if (token_ != "(") return unexpected("'('");
        scan();
        if (token_ == ")") {
            return fail(ErrorCode::InvalidArgument, "the selector '{}' has an empty set of values",
                        text_);
        }
        while (true) {
            if (token_ == "," || token_ == ")") {
                values.emplace_back();
            } else if (at_identifier()) {
                values.emplace_back(token_);
                scan();
            } else {
                return unexpected("a value");
            }
            if (token_ == ")") break;
            if (token_ != ",") return unexpected("',' or ')'");
            scan();
        }
        scan();
        return {};
    }

    static Result<void> check_values(const Requirement& found) {
        const bool numeric = found.op == Operator::GreaterThan || found.op == Operator::LessThan;
        for (const std::string& value : found.values) {
            if (numeric && !to_integer(value)) {
                return fail(ErrorCode::InvalidArgument,
                            "'{}' in the selector is compared with {} and so must be an integer",
                            value, found.key);
            }
            if (!value.empty() && !is_label_name(value)) {
                return fail(ErrorCode::InvalidArgument,
                            "'{}' in the selector is no label value: it must be at most 63 "
                            "letters, digits, '-', '_' and '.', with a letter or digit at both "
                            "ends",
                            value);
            }
        }
        return {};
    }

    std::string_view text_;
    std::string_view token_;
    std::size_t begin_ = 0;
    std::size_t next_ = 0;
};

bool holds(const Requirement& requirement, const Labels& labels) {
    const auto label = labels.find(requirement.key);
    const bool present = label != labels.end();
    switch (requirement.op) {
        case Operator::Exists:
            return present;
        case Operator::DoesNotExist:
            return !present;
        case Operator::In:
            return present && std::ranges::binary_search(requirement.values, label->second);
        case Operator::NotIn:
            return !present || !std::ranges::binary_search(requirement.values, label->second);
        case Operator::GreaterThan:
        case Operator::LessThan:
            break;
    }
    if (!present) return false;
    const std::optional<std::int64_t> have = to_integer(label->second);
    const std::optional<std::int64_t> bound = to_integer(requirement.values.front());
    if (!have || !bound) return false;
    return requirement.op == Operator::GreaterThan ? *have > *bound : *have < *bound;
}

std::string text_of(const Requirement& requirement) {
    const bool single = requirement.values.size() == 1;
    switch (requirement.op) {
        case Operator::Exists:
            return requirement.key;
        case Operator::DoesNotExist:
            return "!" + requirement.key;
        case Operator::In:
            if (single) return requirement.key + "=" + requirement.values.front();
            return fmt::format("{} in ({})", requirement.key, fmt::join(requirement.values, ","));
        case Operator::NotIn:
            if (single) return requirement.key + "!=" + requirement.values.front();
            return fmt::format("{} notin ({})", requirement.key,
                               fmt::join(requirement.values, ","));
        case Operator::GreaterThan:
            return requirement.key + ">" + requirement.values.front();
        case Operator::LessThan:
            return requirement.key + "<" + requirement.values.front();
    }
    return {};
}

}  // namespace

Result<LabelSelector> LabelSelector::parse(std::string_view text) {
    if (text.size() > kMaxSelectorBytes) {
        return fail(ErrorCode::InvalidArgument, "a label selector of {} bytes is too long",
                    text.size());
    }
    LabelSelector selector;
    selector.requirements_ = TRY(Parser(text).parse());
    std::ranges::stable_sort(selector.requirements_, {}, &Requirement::key);
    return selector;
}

bool LabelSelector::matches(const Labels& labels) const {
    return std::ranges::all_of(
        requirements_, [&](const Requirement& requirement) { return holds(requirement, labels); });
}

std::string LabelSelector::text() const {
    std::string text;
    for (const Requirement& requirement : requirements_) {
        if (!text.empty()) text += ',';
        text += text_of(requirement);
    }
    return text;
}

}  // namespace holdfast::kube

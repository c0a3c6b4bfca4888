#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "iam/arn.h"
#include "iam/context_keys.h"

namespace holdfast::iam {

/// What `*` and `?` mean in a text of a policy.
enum class Wildcards { Literal, Glob };
/// Whether `${...}` is a variable: it is since version 2012-10-17.
enum class Variables { Literal, Expand };

/// A text of a policy document: characters, wildcards, and variables that stand for what the
/// request says, such as `${aws:username}` or `${aws:PrincipalTag/team, 'nobody'}`. The value of a
/// variable is taken literally, also where it contains `*`.
class PolicyText {
public:
    /// InvalidArgument for a variable that is not closed or has no name.
    static Result<PolicyText> parse(std::string_view text, Wildcards wildcards,
                                    Variables variables);

    /// The text with its variables replaced, as a compiled glob. Nothing when a variable has
    /// neither a value nor a default, has several values, or a value with control characters.
    std::optional<std::string> expand(const ContextKeys& keys) const;

    /// The text when it has no variables, else nullptr.
    const std::string* fixed() const;

private:
    friend class ArnText;

    struct Piece {
        std::string text;  ///< Literal characters and wildcards; of a variable, its default.
        std::string key;   ///< Of a variable, in lower case; else empty.
        bool has_default = false;
    };

    void append_literal(std::string_view compiled);

    std::vector<Piece> pieces_;
};

/// How a request's text compares with a text of a policy.
enum class TextMatch {
    Yes,
    No,
    /// A variable of the policy's text has no value.
    Unknown,
};

/// Compares with `*` and `?` as wildcards if the text was parsed so; exactly else.
TextMatch matches(const PolicyText& pattern, std::string_view text, const ContextKeys& keys);
/// The same without regard to the case of ASCII letters.
TextMatch matches_any_case(const PolicyText& pattern, std::string_view text,
                           const ContextKeys& keys);

/// The name of a resource, or a pattern for names. Compared field by field: a `*` does not reach
/// beyond the first five colons, but over any in the resource.
class ArnText {
public:
    /// InvalidArgument for what is neither "*" nor six fields, the first of them "arn". Fields
    /// that are missing after a last `*` are any: "arn:aws:backup:*".
    static Result<ArnText> parse(std::string_view text, Variables variables);

    /// `fields` are those of `text`, nothing when it is no ARN: only "*" matches that.
    TextMatch matches(const std::optional<ArnFields>& fields, const ContextKeys& keys) const;

private:
    /// Colons of the text separate fields, those in the values of variables never do.
    static std::vector<PolicyText> split_fields(const PolicyText& whole);
    TextMatch matches_whole(const ArnFields& fields, const ContextKeys& keys) const;

    bool any_ = false;
    std::vector<PolicyText> fields_;
    /// When a variable stands for several fields, such as `${aws:PrincipalArn}`.
    std::optional<PolicyText> whole_;
};

}  // namespace holdfast::iam

// What is an ARN is written as it was read, matches itself, and matches what is like anything.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "iam/arn.h"
#include "iam/context_keys.h"
#include "iam/glob.h"
#include "iam/policy_text.h"

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace holdfast;
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const Result<iam::Arn> arn = iam::Arn::parse(text);
    if (arn) expect(arn->format() == text);
    if (iam::holds_wildcard(text)) return 0;

    iam::ContextKeys keys;
    keys.set("aws:username", std::string("alice"));
    const auto fields = iam::split_arn(text);
    for (const iam::Variables variables : {iam::Variables::Literal, iam::Variables::Expand}) {
        const auto pattern = iam::ArnText::parse(text, variables);
        if (!pattern) continue;
        // Every pattern without variables matches the text that it is written as, if that is a
        // whole ARN. A `?` takes what follows in broken UTF-8 with it.
        const bool plain =
            variables == iam::Variables::Literal &&
            std::ranges::all_of(bytes, bytes + size, [](auto b) { return b < 0x80; });
        if (plain && fields) expect(pattern->matches(fields, keys) == iam::TextMatch::Yes);
        (void)pattern->matches(iam::split_arn("arn:aws:s3:::bucket"), keys);
    }
    const auto anything = *iam::ArnText::parse("arn:*:*:*:*:*", iam::Variables::Literal);
    if (fields) expect(anything.matches(fields, keys) == iam::TextMatch::Yes);
    return 0;
}

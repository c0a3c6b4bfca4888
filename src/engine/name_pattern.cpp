#include "engine/name_pattern.h"

#include <regex.h>

#include <algorithm>
#include <charconv>

namespace holdfast::engine {

struct NamePattern::Compiled {
    regex_t regex{};
    bool ready = false;

    Compiled() = default;
    Compiled(const Compiled&) = delete;
    Compiled& operator=(const Compiled&) = delete;
    ~Compiled() {
        if (ready) regfree(&regex);
    }
};

namespace {

constexpr std::size_t kMaxPattern = 1024;
constexpr std::uint64_t kMaxRepetition = 1000;
constexpr std::size_t kMaxName = 1024;

/// The pattern in POSIX syntax; InvalidArgument for what it cannot say.
Result<std::string> translate(std::string_view pattern) {
    std::string posix;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern.substr(i).starts_with("(?:")) {
            posix.push_back('(');
            i += 2;
        } else if (pattern.substr(i).starts_with("(?")) {
            return fail(ErrorCode::InvalidArgument, "'(?' at {} is not supported", i);
        } else if (pattern[i] == '\\') {
            if (++i == pattern.size())
                return fail(ErrorCode::InvalidArgument, "it ends with a backslash");
            char next = pattern[i];
            if (next >= '0' && next <= '9')
                return fail(ErrorCode::InvalidArgument, "back references are not supported");
            if (next == 'd')
                posix += "[0-9]";
            else
                posix.append({'\\', next});
        } else {
            posix.push_back(pattern[i]);
        }
    }
    return posix;
}

/// The product of all `{n,m}` bounds, which is how far the compiled form can grow.
Result<void> check_repetitions(std::string_view pattern) {
    std::uint64_t product = 1;
    for (std::size_t i = pattern.find('{'); i != pattern.npos; i = pattern.find('{', i + 1)) {
        std::size_t end = std::min(pattern.find('}', i), pattern.size());
        std::string_view bounds = pattern.substr(i + 1, end - i - 1);
        std::string_view last = bounds.substr(bounds.rfind(',') + 1);
        if (last.empty()) last = bounds.substr(0, bounds.find(','));
        std::uint64_t count = 0;
        std::from_chars(last.data(), last.data() + last.size(), count);
        count = std::clamp<std::uint64_t>(count, 1, kMaxRepetition + 1);
        product = std::min(product * count, kMaxRepetition + 1);
    }
    if (product > kMaxRepetition)
        return fail(ErrorCode::InvalidArgument, "it repeats more than {} times", kMaxRepetition);
    return {};
}

}  // namespace

Result<NamePattern> NamePattern::create(std::string_view pattern) {
    if (pattern.size() > kMaxPattern)
        return fail(ErrorCode::InvalidArgument, "a pattern of more than {} characters",
                    kMaxPattern);
    std::string posix = TRY(translate(pattern), "pattern '{}'", pattern);
    TRY(check_repetitions(posix), "pattern '{}'", pattern);
    auto compiled = std::make_shared<Compiled>();
    int error = regcomp(&compiled->regex, posix.c_str(), REG_EXTENDED | REG_NOSUB);
    if (error != 0) {
        char words[128] = "";
        regerror(error, &compiled->regex, words, sizeof words);
        return fail(ErrorCode::InvalidArgument, "pattern '{}': {}", pattern, words);
    }
    compiled->ready = true;
    NamePattern made;
    made.compiled_ = std::move(compiled);
    return made;
}

bool NamePattern::matches(std::string_view name) const {
    if (name.size() > kMaxName) return false;
    return regexec(&compiled_->regex, std::string(name).c_str(), 0, nullptr, 0) == 0;
}

}  // namespace holdfast::engine

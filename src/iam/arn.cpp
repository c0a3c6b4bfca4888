#include "iam/arn.h"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::iam {
namespace {

constexpr std::size_t kMaxPartitionBytes = 32;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Lower-case letters, digits and hyphens: services and regions.
bool is_word(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; });
}

bool is_printable(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return static_cast<unsigned char>(c) >= 0x20u && c != '\x7f'; });
}

}  // namespace

bool is_account_id(std::string_view text) {
    constexpr std::size_t kDigits = 12;
    return text.size() == kDigits && std::ranges::all_of(text, is_digit);
}

bool is_partition(std::string_view text) {
    return text.size() <= kMaxPartitionBytes && is_word(text) &&
           (text == "aws" || (text.starts_with("aws-") && !text.ends_with('-')));
}

std::optional<ArnFields> split_arn(std::string_view text) {
    ArnFields fields;
    for (std::size_t i = 0; i + 1 < kArnFields; ++i) {
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos) return std::nullopt;
        fields[i] = text.substr(0, colon);
        text.remove_prefix(colon + 1);
    }
    fields.back() = text;
    if (fields.front() != "arn") return std::nullopt;
    return fields;
}

Result<Arn> Arn::parse(std::string_view text) {
    if (text.size() > kMaxArnBytes)
        return fail(ErrorCode::InvalidArgument, "an ARN of {} bytes; the limit is {}", text.size(),
                    kMaxArnBytes);
    const std::optional<ArnFields> fields = split_arn(text);
    if (!fields) return fail(ErrorCode::InvalidArgument, "'{}' is no ARN", text);
    const auto& [prefix, partition, service, region, account, resource] = *fields;
    if (!is_partition(partition))
        return fail(ErrorCode::InvalidArgument, "'{}' has no valid partition", text);
    if (service.empty() || !is_word(service))
        return fail(ErrorCode::InvalidArgument, "'{}' has no valid service", text);
    if (!is_word(region)) return fail(ErrorCode::InvalidArgument, "'{}' has no valid region", text);
    if (!account.empty() && account != "aws" && !is_account_id(account))
        return fail(ErrorCode::InvalidArgument, "'{}' has no valid account", text);
    if (resource.empty() || !is_printable(resource))
        return fail(ErrorCode::InvalidArgument, "'{}' has no valid resource", text);
    return Arn{.partition = std::string(partition),
               .service = std::string(service),
               .region = std::string(region),
               .account = std::string(account),
               .resource = std::string(resource)};
}

std::string Arn::format() const {
    return fmt::format("arn:{}:{}:{}:{}:{}", partition, service, region, account, resource);
}

}  // namespace holdfast::iam

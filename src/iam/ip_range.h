#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace holdfast::iam {

/// An address of IPv4 or IPv6. IPv4 addresses written as IPv6 (::ffff:192.0.2.1) are IPv4, so that
/// nobody walks around a rule by the way in which he connects.
struct IpAddress {
    bool v6 = false;
    std::array<std::uint8_t, 16> bytes{};  ///< IPv4 uses the first four.

    static std::optional<IpAddress> parse(std::string_view text);
};

/// A range of addresses, such as 203.0.113.0/24 or 2001:db8::/32. One address is a range of one.
class IpRange {
public:
    /// InvalidArgument unless `text` is an address, or one with a prefix length.
    static Result<IpRange> parse(std::string_view text);

    /// False for an address of the other family.
    bool contains(const IpAddress& address) const;

private:
    IpAddress base_;
    unsigned prefix_bits_ = 0;
};

}  // namespace holdfast::iam

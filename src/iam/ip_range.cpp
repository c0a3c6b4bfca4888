#include "iam/ip_range.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <span>
#include <string>
#include <system_error>

namespace holdfast::iam {
namespace {

constexpr std::size_t kMaxTextBytes = 64;
constexpr unsigned kV4Bits = 32;
constexpr unsigned kV6Bits = 128;
constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    if (text.size() > kMaxTextBytes) return std::nullopt;
    const std::string terminated(text);
    IpAddress address;
    if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) return address;
    if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) != 1) return std::nullopt;
    address.v6 =
        !std::ranges::equal(std::span(address.bytes).first<kMappedPrefix.size()>(), kMappedPrefix);
    if (!address.v6) {
        std::ranges::copy(std::span(address.bytes).last<4>(), address.bytes.begin());
        std::fill(address.bytes.begin() + 4, address.bytes.end(), std::uint8_t{0});
    }
    return address;
}

Result<IpRange> IpRange::parse(std::string_view text) {
    const auto malformed = [&] {
        return fail(ErrorCode::InvalidArgument, "{} is no IP address and no CIDR block.", text);
    };
    const std::size_t slash = text.find('/');
    const std::string_view address = text.substr(0, slash);
    const std::optional<IpAddress> base = IpAddress::parse(address);
    if (!base) return malformed();
    IpRange range;
    range.base_ = *base;
    const unsigned bits = base->v6 ? kV6Bits : kV4Bits;
    range.prefix_bits_ = bits;
    if (slash == std::string_view::npos) return range;
    const std::string_view length = text.substr(slash + 1);
    unsigned prefix = 0;
    const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), prefix);
    if (error != std::errc{} || end != length.data() + length.size()) return malformed();
    // The prefix of an IPv4 range written as IPv6 counts the 96 bits in front of it.
    const bool mapped = !base->v6 && address.find(':') != std::string_view::npos;
    if (mapped) {
        if (prefix < kV6Bits - kV4Bits) return malformed();
        prefix -= kV6Bits - kV4Bits;
    }
    if (prefix > bits) return malformed();
    range.prefix_bits_ = prefix;
    return range;
}

bool IpRange::contains(const IpAddress& address) const {
    constexpr unsigned kByteBits = 8;
    if (address.v6 != base_.v6) return false;
    const std::size_t whole = prefix_bits_ / kByteBits;
    const unsigned rest = prefix_bits_ % kByteBits;
    if (!std::equal(base_.bytes.begin(), base_.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                    address.bytes.begin()))
        return false;
    if (rest == 0) return true;
    const unsigned differing = unsigned{base_.bytes[whole]} ^ unsigned { address.bytes[whole] };
    return differing >> (kByteBits - rest) == 0;
}

}  // namespace holdfast::iam

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.h"

namespace holdfast::base {

/// Leaves new elements uninitialised, so that growing a buffer costs no memset.
template <class T>
class DefaultInitAllocator : public std::allocator<T> {
public:
    template <class U>
    struct rebind {  // NOLINT(readability-identifier-naming): the standard names it
        using other = DefaultInitAllocator<U>;
    };
    using std::allocator<T>::allocator;

    template <class U>
    void construct(U* place) noexcept(std::is_nothrow_default_constructible_v<U>) {
        ::new (static_cast<void*>(place)) U;
    }
    template <class U, class... Args>
    void construct(U* place, Args&&... args) {
        std::construct_at(place, std::forward<Args>(args)...);
    }
};

using Bytes = std::vector<std::byte, DefaultInitAllocator<std::byte>>;
using ByteView = std::span<const std::byte>;

/// The same memory as text or as bytes; the view lives as long as its argument.
std::string_view as_text(ByteView bytes);
ByteView as_bytes(std::string_view text);

/// A copy as an owned buffer.
Bytes to_bytes(std::string_view text);
Bytes to_bytes(ByteView bytes);
std::string to_text(ByteView bytes);

void append(Bytes& to, ByteView bytes);

/// Lower-case hexadecimal.
std::string to_hex(ByteView bytes);
/// InvalidArgument unless `hex` is an even number of hexadecimal digits of either case.
Result<Bytes> from_hex(std::string_view hex);

/// RFC 4648 section 4, with padding.
std::string to_base64(ByteView bytes);
/// Accepts line breaks and missing padding; InvalidArgument for anything else.
Result<Bytes> from_base64(std::string_view text);

}  // namespace holdfast::base

namespace holdfast {
using base::Bytes;
using base::ByteView;
}  // namespace holdfast

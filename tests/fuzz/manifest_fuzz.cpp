// What the engine keeps in a point: its manifest, its summary, the key and the facts of a row. The
// first byte says which.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "engine/capture.h"
#include "engine/manifest.h"
#include "engine/object_row.h"
#include "engine/selection.h"

namespace holdfast::engine {
namespace {

constexpr unsigned kKinds = 4;
constexpr std::size_t kMaxBytes = 64u << 10u;

void require(bool holds) {
    if (!holds) std::abort();
}

void check_manifest(std::string_view text) {
    const auto manifest = decode_manifest(text);
    if (!manifest) return;
    const std::string encoded = encode_manifest(*manifest);
    const auto again = decode_manifest(encoded);
    require(again && encode_manifest(*again) == encoded);
    require(summarize(*again).objects == manifest->objects());
    const auto selection = Selection::create(manifest->selection, manifest->discovery());
    if (selection) (void)selection->includes_namespace(manifest->cluster.context);
}

void check_summary(std::string_view text) {
    const auto summary = decode_summary(text);
    if (!summary) return;
    const std::string encoded = encode_summary(*summary);
    const auto again = decode_summary(encoded);
    require(again && encode_summary(*again) == encoded);
}

void check_row_key(std::string_view bytes) {
    const auto key = decode_key(bytes);
    if (key) require(encode_key(*key) == bytes);
}

void check_row_facts(ByteView bytes) {
    const auto facts = decode_facts(bytes);
    if (!facts) return;
    const auto encoded = encode_facts(*facts);
    if (!encoded) return;
    const auto again = decode_facts(*encoded);
    require(again && *again == *facts);
}

}  // namespace
}  // namespace holdfast::engine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace holdfast;
    if (size == 0 || size > engine::kMaxBytes) return 0;
    const ByteView plain = std::as_bytes(std::span(bytes, size)).subspan(1);
    const std::string_view text = base::as_text(plain);
    const unsigned kind = bytes[0] % engine::kKinds;
    if (kind == 0) engine::check_manifest(text);
    if (kind == 1) engine::check_summary(text);
    if (kind == 2) engine::check_row_key(text);
    if (kind == 3) engine::check_row_facts(plain);
    return 0;
}

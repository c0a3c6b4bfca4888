// Whatever text is a selector, its canonical text is the same selector.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "kube/label_selector.h"
#include "kube/object_view.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace holdfast;
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const auto selector = kube::LabelSelector::parse(text);
    if (!selector) return 0;
    const auto again = kube::LabelSelector::parse(selector->text());
    if (!again || !(*again == *selector)) std::abort();
    const kube::Labels labels = {{"a", "b"}, {"app", "web"}, {"n", "7"}, {"x/y", ""}};
    if (again->matches(labels) != selector->matches(labels)) std::abort();
    return 0;
}

#include "kube/client.h"

namespace holdfast::kube {

std::string_view Response::header(std::string_view name) const {
    for (const auto& [known, value] : headers) {
        if (known == name) return value;
    }
    return {};
}

std::vector<std::string> Response::warnings() const {
    // The header is `299 - "text"`, with '"' and '\' of the text escaped (RFC 7234).
    std::vector<std::string> texts;
    for (const auto& [name, value] : headers) {
        if (name != "warning") continue;
        const std::size_t open = value.find('"');
        const std::size_t close = value.rfind('"');
        if (open == std::string::npos || close <= open) {
            texts.push_back(value);
            continue;
        }
        std::string text;
        for (std::size_t i = open + 1; i < close; ++i) {
            if (value[i] == '\\' && i + 1 < close) ++i;
            text += value[i];
        }
        texts.push_back(std::move(text));
    }
    return texts;
}

bool is_expired(const Error& error) {
    return error.code == ErrorCode::Conflict;
}

}  // namespace holdfast::kube

#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "app/application.h"
#include "base/json.h"

namespace holdfast::app {

/// A JSON or YAML array that is printed item by item: the bytes that print_document gives for the
/// whole array, in memory that does not depend on its length. Nothing is printed before an item or
/// the end, so that what fails at once leaves no document behind.
class DocumentList {
public:
    using Write = std::function<void(std::string_view)>;
    explicit DocumentList(Output output, Write write = print)
        : output_(output), write_(std::move(write)) {}

    void add(const Json& item);
    /// Ends the array; call once.
    void finish();

private:
    void append(std::string_view text);

    Output output_;
    Write write_;
    std::string buffer_;
    bool any_ = false;
};

}  // namespace holdfast::app

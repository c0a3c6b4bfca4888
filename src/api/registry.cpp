#include "api/registry.h"

namespace holdfast::api {

Answer<std::vector<Target>> on_everything() {
    return std::vector<Target>{{}};
}

const Handler* Registry::find(const Operation& operation) const {
    auto found = handlers_.find(&operation);
    return found == handlers_.end() ? nullptr : &found->second;
}

Json Registry::no_members() {
    return Json::object();
}

void Registry::add(const Operation& operation, Handler handler) {
    const bool added = handlers_.emplace(&operation, std::move(handler)).second;
    ASSERT(added);
}

}  // namespace holdfast::api

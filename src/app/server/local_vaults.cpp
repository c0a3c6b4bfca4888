#include "app/server/local_vaults.h"

#include <utility>

#include "base/random.h"

namespace holdfast::app {

namespace {

constexpr std::string_view kScheme = "home:";

}  // namespace

Result<std::string> LocalVaults::create(const meta::Place& /*place*/) {
    const std::string name = base::uuid_v4(application_.random);
    auto vault = std::make_shared<OpenVault>(TRY(create_vault(application_, {.name = name})));
    open_.update([&](auto& all) { all[name] = std::move(vault); });
    return std::string(kScheme) + name;
}

Result<std::int64_t> LocalVaults::count_points(const std::string& url) {
    const auto vault = TRY(open(url.substr(kScheme.size())));
    return static_cast<std::int64_t>(TRY((*vault)->points()).size());
}

Result<std::shared_ptr<OpenVault>> LocalVaults::open(const std::string& name) {
    auto known = open_.update([&](auto& all) {
        auto found = all.find(name);
        return found == all.end() ? nullptr : found->second;
    });
    if (known) return known;
    auto vault = std::make_shared<OpenVault>(TRY(open_vault(application_, name, {})));
    return open_.update([&](auto& all) { return all.try_emplace(name, vault).first->second; });
}

}  // namespace holdfast::app

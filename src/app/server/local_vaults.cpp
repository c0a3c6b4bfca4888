#include "app/server/local_vaults.h"

#include <string_view>
#include <utility>

#include "base/random.h"
#include "meta/vault_table.h"
#include "repo/ids.h"
#include "repo/repository.h"

namespace holdfast::app {

namespace {

constexpr std::string_view kScheme = "home:";

std::string name_in(const std::string& url) {
    return url.substr(kScheme.size());
}

}  // namespace

Result<std::string> LocalVaults::create(const meta::Place& /*place*/) {
    const std::string name = base::uuid_v4(application_.random);
    auto vault = std::make_shared<OpenVault>(TRY(create_vault(application_, {.name = name})));
    open_.update([&](auto& all) { all[name] = std::move(vault); });
    return std::string(kScheme) + name;
}

Result<void> LocalVaults::delete_point(const std::string& url, const std::string& point) {
    const auto repository = TRY(open(url));
    return repository->delete_point(TRY(repo::PointId::parse(point)), "deleted through the API");
}

Result<std::shared_ptr<repo::Repository>> LocalVaults::open(const std::string& url) {
    const std::string name = name_in(url);
    auto vault = open_.update([&](auto& all) {
        auto found = all.find(name);
        return found == all.end() ? nullptr : found->second;
    });
    if (!vault) {
        auto opened = std::make_shared<OpenVault>(TRY(open_vault(application_, name, {})));
        vault =
            open_.update([&](auto& all) { return all.try_emplace(name, opened).first->second; });
    }
    return std::shared_ptr<repo::Repository>(vault, vault->repository.get());
}

}  // namespace holdfast::app

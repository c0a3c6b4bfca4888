#pragma once

#include <map>
#include <memory>
#include <string>

#include "api/services.h"
#include "app/application.h"
#include "app/vault_access.h"
#include "base/guarded.h"
#include "jobs/doors.h"

namespace holdfast::app {

/// Vaults of a server that lie in its own home, each with a key file there. They stay open.
class LocalVaults final : public api::VaultStorage, public jobs::VaultDoor {
public:
    explicit LocalVaults(Application& application) : application_(application) {}

    Result<std::string> create(const meta::Place& place) override;
    Result<void> delete_point(const std::string& url, const std::string& point) override;
    Result<std::shared_ptr<repo::Repository>> open(const std::string& url) override;

private:
    Application& application_;
    base::Guarded<std::map<std::string, std::shared_ptr<OpenVault>>> open_;
};

}  // namespace holdfast::app

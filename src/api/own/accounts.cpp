#include <vector>

#include "api/api_error.h"
#include "api/call.h"
#include "api/own.h"
#include "api/own/handlers.h"
#include "api/registry.h"
#include "api/services.h"
#include "api/transaction.h"
#include "iam/directory.h"
#include "meta/database.h"
#include "meta/principal_table.h"

namespace holdfast::api::own {

namespace {

Answer<CreateAccountOutput> create(Services& services, const Call& call,
                                   const CreateAccountInput& input) {
    const auto accounts = TRY(in_read(
        services.database, [&](meta::Session& session) -> Answer<std::vector<meta::AccountRow>> {
            auto all = meta::AccountTable(session).all();
            if (!all) return std::unexpected(ApiError(std::move(all).error()));
            return std::move(*all);
        }));
    if (accounts.empty() || accounts.front().account != call.account())
        return refuse(errors::kInvalidRequest,
                      "Accounts are made by the organization's management account only.");
    const iam::NewAccessKey key = services.directory.new_access_key();
    auto made = services.directory.create_account(input.account_id, input.name, key);
    if (!made && made.error().code == ErrorCode::AlreadyExists)
        return refuse(errors::kAlreadyExists,
                      fmt::format("There is an account {} already.", input.account_id));
    if (!made) return std::unexpected(ApiError(std::move(made).error()));
    return CreateAccountOutput{
        .account_id = input.account_id, .access_key_id = key.id, .secret_access_key = key.secret};
}

}  // namespace

void add_accounts(Registry& registry, Services& services) {
    registry.on<CreateAccount>(
        [](const Call&, const auto&) { return on_everything(); },
        [&services](const Call& call, const auto& input) { return create(services, call, input); });
}

}  // namespace holdfast::api::own

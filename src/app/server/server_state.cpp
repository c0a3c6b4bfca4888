#include "app/server/server_state.h"

#include <span>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "meta/migrations.h"
#include "meta/principal_table.h"
#include "meta/sqlite.h"
#include "meta/tag_table.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kMaxKeyFileBytes = 1024;

/// The key that seals secrets at rest: a file, the same for every server of an installation.
Result<crypto::Key> server_key(const std::string& path, base::Random& random) {
    const crypto::Key fresh = crypto::Key::random(random);
    auto made = base::create_file(path, base::to_hex(fresh.view()) + "\n", base::FileMode::Private);
    if (made) return fresh;
    if (made.error().code != ErrorCode::AlreadyExists)
        return std::unexpected(std::move(made).error());
    const std::string text = TRY(base::read_file(path, kMaxKeyFileBytes));
    auto bytes = base::from_hex(base::trim(text));
    if (!bytes || bytes->size() != crypto::Key().view().size())
        return fail(ErrorCode::Corrupted,
                    "{} is not a server key: put back the file that this server began with, "
                    "without it no secret in its database can be read",
                    path);
    crypto::Key key(std::span<const std::byte, 32>(bytes->data(), 32));
    crypto::wipe(*bytes);
    return key;
}

/// What was decided when the installation began; decides it when it begins now.
Result<iam::Installation> installation(meta::Database& database, const ServerConfig& config,
                                       base::Random& random) {
    meta::Tags facts;
    const auto work = [&](meta::Session& session) -> Result<void> {
        meta::SettingTable table(session, "", "");
        facts = TRY(table.all("installation"));
        if (!facts.empty()) return {};
        facts = {{"partition", config.partition},
                 {"account", config.account},
                 {"organization", "o-" + base::to_hex(random.array<5>())}};
        return table.put("installation", facts);
    };
    TRY(database.write(work));
    return iam::Installation{.partition = facts["partition"],
                             .organization = facts["organization"]};
}

Result<bool> has_accounts(meta::Database& database) {
    bool any = false;
    const auto work = [&](meta::Session& session) -> Result<void> {
        any = !TRY(meta::AccountTable(session).all()).empty();
        return {};
    };
    TRY(database.read(work));
    return any;
}

}  // namespace

std::string credentials_text(const iam::NewAccessKey& key, const std::string& region,
                             const std::string& endpoint) {
    std::string text;
    for (std::string_view profile : {"default", "holdfast"})
        text += fmt::format(
            "[{}]\naws_access_key_id = {}\naws_secret_access_key = {}\nregion = {}\n"
            "endpoint_url = {}\n\n",
            profile, key.id, key.secret, region, endpoint);
    return text;
}

Result<ServerState> open_server_state(Application& application, const ServerConfig& config,
                                      const std::string& endpoint) {
    const std::string folder = application.home + "/server";
    TRY(base::make_directories(folder, base::FileMode::Private));
    ServerState state;
    state.credentials_path = folder + "/credentials";
    const crypto::Key key = TRY(server_key(folder + "/server.key", application.random));
    state.sealer = std::make_unique<crypto::Sealer>(key, application.random);
    state.database = TRY(meta::open_sqlite(folder + "/metadata.sqlite"));
    TRY(meta::migrate(*state.database));
    auto facts = TRY(installation(*state.database, config, application.random));
    state.directory = std::make_unique<iam::Directory>(
        *state.database, *state.sealer, application.clock, application.random, std::move(facts));
    if (TRY(has_accounts(*state.database))) return state;
    // The file first: a key that is in the database is in the administrator's hands too.
    const iam::NewAccessKey administrator = state.directory->new_access_key();
    TRY(base::write_file(state.credentials_path,
                         credentials_text(administrator, config.regions.front(), endpoint),
                         base::FileMode::Private));
    TRY(state.directory->create_account(config.account, "first", administrator));
    state.first_start = true;
    return state;
}

}  // namespace holdfast::app

#include "app/server/server_config.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "iam/arn.h"
#include "kube/yaml.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kMaxConfigBytes = 1u << 20;

Result<std::string> text_of(const Json& value, std::string_view name) {
    if (!value.is_string()) return fail(ErrorCode::InvalidArgument, "'{}' must be a text", name);
    return value.get<std::string>();
}

Result<void> set_regions(ServerConfig& config, const Json& value) {
    if (!value.is_array() || value.empty())
        return fail(ErrorCode::InvalidArgument, "'regions' must be a list of at least one name");
    config.regions.clear();
    for (const Json& each : value) config.regions.push_back(TRY(text_of(each, "regions")));
    return {};
}

Result<void> set_member(ServerConfig& config, const std::string& name, const Json& value) {
    if (name == "regions") return set_regions(config, value);
    const std::string text = TRY(text_of(value, name));
    if (name == "listen") return set_listen(config, text);
    if (name == "account")
        config.account = text;
    else if (name == "partition")
        config.partition = text;
    else if (name == "certificateFile")
        config.certificate_file = text;
    else if (name == "keyFile")
        config.key_file = text;
    return {};
}

Result<void> check(const ServerConfig& config) {
    if (!iam::is_account_id(config.account))
        return fail(ErrorCode::InvalidArgument, "'account' must be twelve digits in quotes, not {}",
                    config.account);
    if (!iam::is_partition(config.partition))
        return fail(ErrorCode::InvalidArgument,
                    "'partition' must be aws, aws-cn, aws-us-gov or the like, not {}",
                    config.partition);
    if (config.certificate_file.empty() != config.key_file.empty())
        return fail(ErrorCode::InvalidArgument,
                    "'certificateFile' and 'keyFile' belong together: give both or none");
    return {};
}

}  // namespace

bool ServerConfig::is_loopback() const {
    return address.starts_with("127.") || address == "::1";
}

Result<ServerConfig> read_server_config(const std::string& path) {
    const std::string text = TRY(base::read_file(path, kMaxConfigBytes));
    const Json json = TRY(kube::yaml_to_json(text, kube::YamlScalars::Typed), "{}", path);
    if (!json.is_object())
        return fail(ErrorCode::InvalidArgument, "{}: the configuration must be a map", path);
    const std::vector<std::string> names = {"listen",  "account",         "partition",
                                            "regions", "certificateFile", "keyFile"};
    ServerConfig config;
    for (const auto& [name, value] : json.items()) {
        if (std::ranges::find(names, name) == names.end()) {
            const std::string_view meant = base::nearest(name, names);
            return fail(ErrorCode::InvalidArgument, "{}: '{}' is unknown{}", path, name,
                        meant.empty() ? "" : fmt::format(". Did you mean '{}'?", meant));
        }
        TRY(set_member(config, name, value), "{}", path);
    }
    TRY(check(config), "{}", path);
    return config;
}

Result<void> set_listen(ServerConfig& config, const std::string& listen) {
    const std::size_t colon = listen.rfind(':');
    std::uint16_t port = 0;
    const char* end = listen.data() + listen.size();
    if (colon != listen.npos) {
        const auto [at, problem] = std::from_chars(listen.data() + colon + 1, end, port);
        if (problem == std::errc() && at == end && colon > 0) {
            std::string address = listen.substr(0, colon);
            if (address.starts_with('[') && address.ends_with(']'))
                address = address.substr(1, address.size() - 2);
            config.address = address;
            config.port = port;
            return {};
        }
    }
    return fail(ErrorCode::InvalidArgument,
                "cannot listen on '{}': say ADDRESS:PORT, such as 127.0.0.1:7480 or [::1]:7480",
                listen);
}

}  // namespace holdfast::app

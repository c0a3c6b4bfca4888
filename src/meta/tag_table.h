#pragma once

#include <map>
#include <string>
#include <string_view>

#include "meta/database.h"

namespace holdfast::meta {

using Tags = std::map<std::string, std::string>;

/// The tags of things, by their ARN. `region` is empty for what lives in none, as in IAM.
class TagTable {
public:
    TagTable(Session& session, std::string_view account, std::string_view region)
        : session_(session), account_(account), region_(region) {}

    Result<Tags> all(std::string_view arn);
    /// Adds them; a key that is there gets the new value.
    Result<void> put(std::string_view arn, const Tags& tags);
    Result<void> remove(std::string_view arn, std::string_view key);
    Result<void> remove_all(std::string_view arn);

private:
    Session& session_;
    std::string account_;
    std::string region_;
};

/// What an account has chosen: small families of names and values.
class SettingTable {
public:
    SettingTable(Session& session, std::string_view account, std::string_view region)
        : session_(session), account_(account), region_(region) {}

    Result<Tags> all(std::string_view family);
    /// Adds them; a name that is there gets the new value.
    Result<void> put(std::string_view family, const Tags& values);

private:
    Session& session_;
    std::string account_;
    std::string region_;
};

}  // namespace holdfast::meta

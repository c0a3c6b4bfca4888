#include "meta/tag_table.h"

namespace holdfast::meta {

namespace {

constexpr auto kTags =
    "SELECT key, value FROM tag WHERE account = ?1 AND region = ?2 AND arn = ?3 ORDER BY key";
constexpr auto kPutTag =
    "INSERT INTO tag (account, region, arn, key, value) VALUES (?1, ?2, ?3, ?4, ?5)"
    " ON CONFLICT (account, region, arn, key) DO UPDATE SET value = excluded.value";
constexpr auto kRemoveTag =
    "DELETE FROM tag WHERE account = ?1 AND region = ?2 AND arn = ?3 AND key = ?4";
constexpr auto kRemoveTags = "DELETE FROM tag WHERE account = ?1 AND region = ?2 AND arn = ?3";
constexpr auto kSettings =
    "SELECT name, value FROM setting WHERE account = ?1 AND region = ?2 AND family = ?3"
    " ORDER BY name";
constexpr auto kPutSetting =
    "INSERT INTO setting (account, region, family, name, value) VALUES (?1, ?2, ?3, ?4, ?5)"
    " ON CONFLICT (account, region, family, name) DO UPDATE SET value = excluded.value";

RowVisitor into(Tags& tags) {
    return [&tags](const Row& row) -> Result<void> {
        tags.emplace(row.text(0), row.text(1));
        return {};
    };
}

}  // namespace

Result<Tags> TagTable::all(std::string_view arn) {
    Tags tags;
    TRY(session_.each(kTags, {account_, region_, arn}, into(tags)));
    return tags;
}

Result<void> TagTable::put(std::string_view arn, const Tags& tags) {
    for (const auto& [key, value] : tags)
        TRY(session_.run(kPutTag, {account_, region_, arn, key, value}));
    return {};
}

Result<void> TagTable::remove(std::string_view arn, std::string_view key) {
    TRY(session_.run(kRemoveTag, {account_, region_, arn, key}));
    return {};
}

Result<void> TagTable::remove_all(std::string_view arn) {
    TRY(session_.run(kRemoveTags, {account_, region_, arn}));
    return {};
}

Result<Tags> SettingTable::all(std::string_view family) {
    Tags values;
    TRY(session_.each(kSettings, {account_, region_, family}, into(values)));
    return values;
}

Result<void> SettingTable::put(std::string_view family, const Tags& values) {
    for (const auto& [name, value] : values)
        TRY(session_.run(kPutSetting, {account_, region_, family, name, value}));
    return {};
}

}  // namespace holdfast::meta

#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

namespace holdfast::base::log {

namespace {

bool json_lines = false;

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::Debug:
            return spdlog::level::debug;
        case Level::Info:
            return spdlog::level::info;
        case Level::Warning:
            return spdlog::level::warn;
        case Level::Error:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

}  // namespace

void configure(const Options& options) {
    auto logger = spdlog::stderr_color_mt("holdfast");
    logger->set_level(to_spdlog(options.level));
    logger->flush_on(spdlog::level::warn);
    json_lines = options.json;
    logger->set_pattern(
        json_lines ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","text":%v})" : "%^%l%$: %v",
        spdlog::pattern_time_type::utc);
    spdlog::set_default_logger(std::move(logger));
}

void write(Level level, std::string_view text) {
    if (!json_lines) return spdlog::log(to_spdlog(level), "{}", text);
    auto quoted =
        nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    spdlog::log(to_spdlog(level), "{}", quoted);
}

}  // namespace holdfast::base::log

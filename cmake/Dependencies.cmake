# Every third-party library comes from Debian 12; tools/packages.txt lists the packages.
find_package(Threads REQUIRED)
find_package(CURL REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(simdjson REQUIRED)
find_package(CLI11 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(GTest REQUIRED)
# The tz database of the system; downloads nothing.
find_package(date REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)

add_compile_definitions(JSON_USE_IMPLICIT_CONVERSIONS=0)
# Debian's fmt 9 headers trip -Wshadow-like checks only as non-system includes.
set_target_properties(fmt::fmt PROPERTIES SYSTEM TRUE)

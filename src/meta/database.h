#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/result.h"

/// Metadata in SQL: what the server knows beside its vaults.
namespace holdfast::meta {

/// What is bound to a parameter. A text is borrowed until the statement has run.
using Value = std::variant<std::monostate, std::int64_t, std::string_view>;

/// The optional's text, or NULL.
inline Value or_null(const std::optional<std::string>& text) {
    return text ? Value(std::string_view(*text)) : Value();
}
inline Value or_null(const std::optional<std::int64_t>& number) {
    return number ? Value(*number) : Value();
}

/// Times are kept as milliseconds since 1970.
inline std::int64_t millis_of(base::Time time) {
    return time.time_since_epoch().count();
}
inline base::Time time_of(std::int64_t millis) {
    return base::Time(base::Millis(millis));
}
inline Value or_null(const std::optional<base::Time>& time) {
    return time ? Value(millis_of(*time)) : Value();
}

/// One row of an answer, valid during the visit only. Columns count from 0.
class Row {
public:
    virtual ~Row() = default;
    virtual bool is_null(int column) const = 0;
    /// 0 for NULL.
    virtual std::int64_t integer(int column) const = 0;
    /// Empty for NULL.
    virtual std::string_view text(int column) const = 0;

    std::optional<std::string> optional_text(int column) const {
        if (is_null(column)) return std::nullopt;
        return std::string(text(column));
    }
    std::optional<std::int64_t> optional_integer(int column) const {
        if (is_null(column)) return std::nullopt;
        return integer(column);
    }
    std::optional<base::Time> optional_time(int column) const {
        if (is_null(column)) return std::nullopt;
        return time_of(integer(column));
    }
};
using RowVisitor = std::function<Result<void>(const Row&)>;

/// Statements inside one transaction, for one thread. Parameters are ?1, ?2, ...; statements are
/// prepared once and kept, so their text must not be put together from values.
///
/// Errors: AlreadyExists for a key that is taken, Conflict for a reference that would dangle,
/// Unavailable when the database is busy or its disk is full, Corrupted when it is damaged.
class Session {
public:
    virtual ~Session() = default;

    /// How many rows were changed.
    virtual Result<std::int64_t> run(std::string_view sql, std::span<const Value> values) = 0;
    /// Ends at the first visit that fails, with its error.
    virtual Result<void> each(std::string_view sql, std::span<const Value> values,
                              const RowVisitor& visit) = 0;

    Result<std::int64_t> run(std::string_view sql, std::initializer_list<Value> values) {
        return run(sql, std::span(values.begin(), values.size()));
    }
    Result<void> each(std::string_view sql, std::initializer_list<Value> values,
                      const RowVisitor& visit) {
        return each(sql, std::span(values.begin(), values.size()), visit);
    }
};

/// A database. Every method may be called from any thread; transactions do not nest.
class Database {
public:
    using Work = std::function<Result<void>(Session&)>;

    virtual ~Database() = default;

    /// Durable once it returns; nothing of it happened when it fails. Writers take turns.
    virtual Result<void> write(const Work& work) = 0;
    /// Sees one state of the database and changes nothing.
    virtual Result<void> read(const Work& work) = 0;
};

}  // namespace holdfast::meta

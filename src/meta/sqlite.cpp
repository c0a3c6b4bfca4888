#include "meta/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <span>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "base/file.h"
#include "base/guarded.h"
#include "base/scope.h"

namespace holdfast::meta {

namespace {

constexpr int kBusyMillis = 30'000;
constexpr std::size_t kMaxStatements = 500;
constexpr std::size_t kMaxIdleReaders = 16;

struct Close {
    void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
};
struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementHandle = std::unique_ptr<sqlite3_stmt, Finalize>;

ErrorCode code_of(int extended) {
    switch (extended) {
        case SQLITE_CONSTRAINT_PRIMARYKEY:
        case SQLITE_CONSTRAINT_UNIQUE:
        case SQLITE_CONSTRAINT_ROWID:
            return ErrorCode::AlreadyExists;
        case SQLITE_CONSTRAINT_FOREIGNKEY:
            return ErrorCode::Conflict;
        default:
            break;
    }
    switch (extended & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_FULL:
        case SQLITE_IOERR:
        case SQLITE_NOMEM:
            return ErrorCode::Unavailable;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return ErrorCode::Corrupted;
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
            return ErrorCode::PermissionDenied;
        default:
            return ErrorCode::Internal;
    }
}

class SqliteRow final : public Row {
public:
    explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
    bool is_null(int column) const override {
        return sqlite3_column_type(statement_, column) == SQLITE_NULL;
    }
    std::int64_t integer(int column) const override {
        return sqlite3_column_int64(statement_, column);
    }
    std::string_view text(int column) const override {
        const void* bytes = sqlite3_column_blob(statement_, column);
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
        return bytes == nullptr ? std::string_view()
                                : std::string_view(static_cast<const char*>(bytes), size);
    }

private:
    sqlite3_stmt* statement_;
};

/// A connection and its prepared statements, for one thread at a time.
class Connection final : public Session {
public:
    static Result<std::unique_ptr<Connection>> open(const std::string& path) {
        sqlite3* raw = nullptr;
        const int status = sqlite3_open_v2(
            path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
            nullptr);
        auto connection = std::make_unique<Connection>(path, raw);
        if (status != SQLITE_OK) return connection->failure("opening it");
        sqlite3_extended_result_codes(raw, 1);
        sqlite3_busy_timeout(raw, kBusyMillis);
        for (const char* pragma : {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
                                   "PRAGMA foreign_keys=ON", "PRAGMA trusted_schema=OFF"})
            TRY(connection->execute(pragma));
        return connection;
    }

    Connection(std::string path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}

    /// A statement without parameters and rows, not kept.
    Result<void> execute(const char* sql) {
        if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
            return failure(sql);
        return {};
    }

    Result<std::int64_t> run(std::string_view sql, std::span<const Value> values) override {
        TRY(each(sql, values, [](const Row&) -> Result<void> { return {}; }));
        return sqlite3_changes64(handle_.get());
    }

    Result<void> each(std::string_view sql, std::span<const Value> values,
                      const RowVisitor& visit) override {
        sqlite3_stmt* statement = TRY(prepare(sql));
        base::Scope reset([&] {
            sqlite3_reset(statement);
            sqlite3_clear_bindings(statement);
        });
        TRY(bind(statement, values));
        const SqliteRow row(statement);
        while (true) {
            const int status = sqlite3_step(statement);
            if (status == SQLITE_DONE) return {};
            if (status != SQLITE_ROW) return failure(sql);
            TRY(visit(row));
        }
    }

    using Session::each;
    using Session::run;

private:
    std::unexpected<Error> failure(std::string_view doing) const {
        return fail(code_of(sqlite3_extended_errcode(handle_.get())), "database {}: {} ({})", path_,
                    sqlite3_errmsg(handle_.get()), doing);
    }

    Result<sqlite3_stmt*> prepare(std::string_view sql) {
        if (auto found = statements_.find(std::string(sql)); found != statements_.end()) {
            ASSERT(sqlite3_stmt_busy(found->second.get()) == 0);  // a visit ran what it visits
            return found->second.get();
        }
        ASSERT(statements_.size() < kMaxStatements);
        sqlite3_stmt* raw = nullptr;
        if (sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                               SQLITE_PREPARE_PERSISTENT, &raw, nullptr) != SQLITE_OK)
            return failure(sql);
        return statements_.emplace(sql, StatementHandle(raw)).first->second.get();
    }

    Result<void> bind(sqlite3_stmt* statement, std::span<const Value> values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            const int at = static_cast<int>(i + 1);
            int status = SQLITE_OK;
            if (const auto* number = std::get_if<std::int64_t>(&values[i]))
                status = sqlite3_bind_int64(statement, at, *number);
            else if (const auto* text = std::get_if<std::string_view>(&values[i]))
                status = sqlite3_bind_text64(statement, at, text->data() ? text->data() : "",
                                             text->size(), SQLITE_STATIC, SQLITE_UTF8);
            else
                status = sqlite3_bind_null(statement, at);
            if (status != SQLITE_OK) return failure("binding a value");
        }
        return {};
    }

    std::string path_;
    std::unique_ptr<sqlite3, Close> handle_;
    std::unordered_map<std::string, StatementHandle> statements_;
};

class SqliteDatabase final : public Database {
public:
    SqliteDatabase(std::string path, std::unique_ptr<Connection> writer)
        : path_(std::move(path)), writer_(std::move(writer)) {}

    Result<void> write(const Work& work) override {
        std::lock_guard lock(writing_);
        return transact(*writer_, "BEGIN IMMEDIATE", work);
    }

    Result<void> read(const Work& work) override {
        std::unique_ptr<Connection> reader =
            idle_.update([](auto& idle) -> std::unique_ptr<Connection> {
                if (idle.empty()) return nullptr;
                auto taken = std::move(idle.back());
                idle.pop_back();
                return taken;
            });
        if (!reader) {
            reader = TRY(Connection::open(path_));
            TRY(reader->execute("PRAGMA query_only=ON"));
        }
        auto done = transact(*reader, "BEGIN", work);
        idle_.update([&](auto& idle) {
            if (idle.size() < kMaxIdleReaders) idle.push_back(std::move(reader));
        });
        return done;
    }

private:
    static Result<void> transact(Connection& connection, const char* begin, const Work& work) {
        TRY(connection.execute(begin));
        auto done = work(connection);
        if (done) done = connection.execute("COMMIT");
        // What the failure was is what the caller needs; a rollback of nothing fails harmlessly.
        if (!done) std::ignore = connection.execute("ROLLBACK");
        return done;
    }

    std::string path_;
    std::mutex writing_;
    std::unique_ptr<Connection> writer_;
    base::Guarded<std::vector<std::unique_ptr<Connection>>> idle_;
};

/// SQLite would make it readable for the whole group.
Result<void> make_private(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return std::unexpected(base::errno_error(errno, "opening " + path));
    ::close(file);
    return {};
}

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const std::string& path) {
    TRY(make_private(path));
    auto writer = TRY(Connection::open(path));
    return std::make_unique<SqliteDatabase>(path, std::move(writer));
}

}  // namespace holdfast::meta

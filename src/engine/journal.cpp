#include "engine/journal.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <ios>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/json.h"
#include "base/scope.h"

namespace holdfast::engine {

namespace {

/// Reasons and notes are the server's words; longer ones are cut when they are recorded.
constexpr std::size_t kMaxReason = 4096;
constexpr std::size_t kMaxNotes = 50;
constexpr std::size_t kMaxLine = 1u << 20;

constexpr std::array<std::string_view, 3> kIntents = {"create", "update", "recreate"};

std::string cut(const std::string& text) {
    return text.substr(0, kMaxReason);
}

void read_line(const std::string& line, const Journal::Reader& reader) {
    auto json = base::parse_json(line);
    if (!json || !json->is_array() || json->size() < 3) return;
    for (const Json& item : *json)
        if (!item.is_string() && &item != &json->back()) return;
    auto text = [&](std::size_t index) {
        const Json& item = (*json)[index];
        return item.is_string() ? item.get<std::string>() : std::string();
    };
    if (text(0) == "intent") {
        for (std::size_t i = 0; i < kIntents.size(); ++i)
            if (kIntents[i] == text(1) && reader.intent)
                reader.intent(text(2), static_cast<Intent>(i));
        return;
    }
    auto outcome = parse_outcome(text(1));
    const Json& more = json->back();
    if (text(0) != "outcome" || !outcome || !more.is_object() || !reader.outcome) return;
    ObjectOutcome read;
    read.outcome = *outcome;
    read.object = {.group = base::text_at(more, "/group"),
                   .kind = base::text_at(more, "/kind"),
                   .ns = base::text_at(more, "/namespace"),
                   .name = base::text_at(more, "/name")};
    read.reason = base::text_at(more, "/reason");
    read.volume_empty = base::bool_at(more, "/volumeEmpty");
    if (const Json* notes = base::find_json(more, "/notes"))
        for (const Json& note : *notes)
            if (note.is_string()) read.notes.push_back(note.get<std::string>());
    reader.outcome(text(2), std::move(read));
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(const std::string& path, base::Clock& clock) {
    int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) return std::unexpected(base::errno_error(errno, "opening " + path));
    auto journal = std::make_unique<Journal>(Passkey{}, file, clock);
    if (::flock(file, LOCK_EX | LOCK_NB) != 0)
        return fail(ErrorCode::Conflict, "this restore is running in another process");
    struct stat info{};
    if (::fstat(file, &info) != 0)
        return std::unexpected(base::errno_error(errno, "reading " + path));
    char last = '\n';
    if (info.st_size > 0 && ::pread(file, &last, 1, info.st_size - 1) != 1)
        return std::unexpected(base::errno_error(errno, "reading " + path));
    if (last != '\n') TRY(journal->append("\n"));
    return journal;
}

Journal::Journal(Passkey, int file, base::Clock& clock)
    : file_(file), clock_(clock), synced_at_(clock.steady_now()) {}

Journal::~Journal() {
    ::close(file_);
}

Result<void> Journal::intent(Intent intent, std::string_view point_key) {
    Json line = {"intent", kIntents[static_cast<std::size_t>(intent)], point_key};
    return append(base::dump_json(line) + "\n");
}

Result<void> Journal::outcome(std::string_view point_key, const ObjectOutcome& outcome) {
    Json more = {{"kind", outcome.object.kind}, {"name", outcome.object.name}};
    if (!outcome.object.group.empty()) more["group"] = outcome.object.group;
    if (!outcome.object.ns.empty()) more["namespace"] = outcome.object.ns;
    if (!outcome.reason.empty()) more["reason"] = cut(outcome.reason);
    if (outcome.volume_empty) more["volumeEmpty"] = true;
    for (std::size_t i = 0; i < std::min(outcome.notes.size(), kMaxNotes); ++i)
        more["notes"].push_back(cut(outcome.notes[i]));
    Json line = {"outcome", name_of(outcome.outcome), point_key, std::move(more)};
    return append(base::dump_json(line) + "\n");
}

/// One write per line: lines of several threads never mix in a file opened for appending.
Result<void> Journal::append(const std::string& line) {
    ssize_t written = 0;
    do written = ::write(file_, line.data(), line.size());
    while (written < 0 && errno == EINTR);
    if (written != static_cast<ssize_t>(line.size()))
        return std::unexpected(
            base::errno_error(written < 0 ? errno : ENOSPC, "writing the restore's journal"));
    base::SteadyTime now = clock_.steady_now();
    bool due = synced_at_.update([&](base::SteadyTime& synced_at) {
        if (now - synced_at < kSyncInterval) return false;
        synced_at = now;
        return true;
    });
    return due ? sync() : Result<void>();
}

Result<void> Journal::sync() {
    if (::fdatasync(file_) != 0)
        return std::unexpected(base::errno_error(errno, "syncing the restore's journal"));
    return {};
}

Result<void> Journal::read(const std::string& path, const Reader& reader) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return {};
    std::string line;
    while (std::getline(file, line)) {
        if (file.eof() || line.size() > kMaxLine) continue;
        read_line(line, reader);
    }
    return {};
}

bool Journal::is_being_written(const std::string& path) {
    int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    base::Scope close([&] { ::close(file); });
    return ::flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

}  // namespace holdfast::engine

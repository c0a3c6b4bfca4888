#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "engine/outcome.h"

namespace holdfast::engine {

/// What a restore was about to do to an object.
enum class Intent { Create, Update, Recreate };

/// The append-only record of one restore: a line of JSON for every intent, before its request is
/// sent, and for every outcome. A line reaches the kernel before the call returns and the disk
/// within kSyncInterval, at the latest in sync(): after a power loss the lost tail is found again
/// in the target, whose objects name the restore that wrote them. Any method from any thread.
class Journal {
    struct Passkey {};  ///< Only open() makes one.

public:
    static constexpr base::Millis kSyncInterval{1000};

    /// Opens or makes the file and locks it: Conflict while another process runs this restore.
    /// A line that a crash cut short is closed first, and never read.
    static Result<std::unique_ptr<Journal>> open(const std::string& path, base::Clock& clock);
    Journal(Passkey, int file, base::Clock& clock);
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    /// `point_key` names the object in the point, as encode_key makes it.
    Result<void> intent(Intent intent, std::string_view point_key);
    Result<void> outcome(std::string_view point_key, const ObjectOutcome& outcome);
    Result<void> sync();

    struct Reader {
        std::function<void(std::string_view point_key, Intent intent)> intent;
        std::function<void(std::string_view point_key, ObjectOutcome outcome)> outcome;
    };
    /// Reads a journal, also while it is written; a missing file has no lines. Lines that are not
    /// whole are passed over.
    static Result<void> read(const std::string& path, const Reader& reader);
    /// Whether a process has this journal open for writing.
    static bool is_being_written(const std::string& path);

private:
    Result<void> append(const std::string& line);

    int file_;
    base::Clock& clock_;
    base::Guarded<base::SteadyTime> synced_at_;
};

}  // namespace holdfast::engine

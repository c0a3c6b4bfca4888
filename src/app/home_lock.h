#pragma once

#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace holdfast::app {

/// Held while this process makes a vault, so that several first backups at once make only one.
/// The kernel lets go of it when the process ends, however that happens.
class HomeLock {
public:
    /// Waits for other processes of the same home. Timeout when one of them holds it for too long.
    static Result<HomeLock> take(const std::string& home, base::Clock& clock, std::stop_token stop);
    ~HomeLock();
    HomeLock(HomeLock&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
    HomeLock& operator=(HomeLock&&) = delete;
    HomeLock(const HomeLock&) = delete;
    HomeLock& operator=(const HomeLock&) = delete;

private:
    explicit HomeLock(int descriptor) : descriptor_(descriptor) {}

    int descriptor_;
};

}  // namespace holdfast::app

#include "app/home_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "base/file.h"

namespace holdfast::app {

namespace {

constexpr base::Millis kTryEvery = std::chrono::milliseconds(50);
constexpr base::Millis kWaitMost = std::chrono::seconds(60);

}  // namespace

Result<HomeLock> HomeLock::take(const std::string& home, base::Clock& clock, std::stop_token stop) {
    TRY(base::make_directories(home, base::FileMode::Private));
    std::string path = home + "/lock";
    int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return std::unexpected(base::errno_error(errno, "opening " + path));
    HomeLock lock(descriptor);
    const base::SteadyTime begin = clock.steady_now();
    while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return std::unexpected(base::errno_error(errno, "locking " + path));
        if (clock.steady_now() - begin > kWaitMost)
            return fail(ErrorCode::Timeout, "another Holdfast is still making a vault in {}", home);
        if (!clock.sleep(kTryEvery, stop)) return fail(ErrorCode::Cancelled, "stopped");
    }
    return lock;
}

HomeLock::~HomeLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace holdfast::app

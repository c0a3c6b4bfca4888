// Whatever text is a schedule names every instant that it finds, and nothing just before.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "jobs/cron.h"
#include "jobs/time_zone.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace holdfast;
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const Result<jobs::Cron> cron = jobs::Cron::parse(text);
    if (!cron) return 0;
    const Result<jobs::Cron> again = jobs::Cron::parse(cron->text());
    if (!again) std::abort();

    constexpr int kRuns = 4;
    const jobs::TimeZone utc = jobs::TimeZone::utc();
    base::Time after{std::chrono::sys_days{std::chrono::year(2024) / 2 / 28}};
    for (int i = 0; i < kRuns; ++i) {
        const std::optional<base::Time> next = cron->next_after(after, utc);
        if (next != again->next_after(after, utc)) std::abort();
        if (!next) break;
        if (*next <= after || !cron->names(utc.local(*next))) std::abort();
        const std::chrono::minutes minute(1);
        if (cron->next_after(*next - minute, utc) != next) std::abort();
        if (*next - minute > after && cron->names(utc.local(*next - minute))) std::abort();
        after = *next;
    }
    return 0;
}

#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/bounded_queue.h"
#include "base/guarded.h"
#include "base/result.h"

namespace holdfast::base {

/// Runs tasks on `threads` threads behind a bounded queue and keeps the first error.
/// With zero threads every task runs at once in submit(), for deterministic tests.
class WorkerPool {
public:
    using Task = std::move_only_function<Result<void>()>;

    WorkerPool(std::size_t threads, std::size_t queue_capacity);

    /// Blocks while the queue is full. After a task has failed, later tasks are dropped and the
    /// first error is returned from here and from finish().
    Result<void> submit(Task task);

    /// Waits until every submitted task has run; the first error of any. Nothing may be submitted
    /// afterwards.
    Result<void> finish();

private:
    void loop(std::stop_token stop);
    void keep(Result<void> result);
    Result<void> first_error();

    std::size_t thread_count_;
    Guarded<std::optional<Error>> error_;
    BoundedQueue<Task> queue_;
    std::vector<std::jthread> threads_;  // last member: stops first
};

}  // namespace holdfast::base

#include "base/worker_pool.h"

#include <stop_token>

namespace holdfast::base {

WorkerPool::WorkerPool(std::size_t threads, std::size_t queue_capacity)
    : thread_count_(threads), queue_(queue_capacity) {
    for (std::size_t i = 0; i < threads; ++i)
        threads_.emplace_back([this](std::stop_token stop) { loop(stop); });
}

Result<void> WorkerPool::submit(Task task) {
    TRY(first_error());
    if (thread_count_ == 0)
        keep(task());
    else
        queue_.push(std::move(task), {});
    return first_error();
}

Result<void> WorkerPool::finish() {
    queue_.close();
    for (std::jthread& thread : threads_)
        if (thread.joinable()) thread.join();
    return first_error();
}

void WorkerPool::loop(std::stop_token stop) {
    while (auto task = queue_.pop(stop))
        if (first_error()) keep((*task)());
}

void WorkerPool::keep(Result<void> result) {
    if (result) return;
    error_.update([&](auto& error) {
        if (!error) error = std::move(result).error();
    });
}

Result<void> WorkerPool::first_error() {
    auto error = error_.update([](auto& kept) { return kept; });
    if (error) return std::unexpected(std::move(*error));
    return {};
}

}  // namespace holdfast::base

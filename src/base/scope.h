#pragma once

#include <utility>

namespace holdfast::base {

/// Runs `action` when the scope ends, unless dismissed.
template <class F>
class Scope {
public:
    explicit Scope(F action) : action_(std::move(action)) {}
    ~Scope() {
        if (active_) action_();
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

    void dismiss() { active_ = false; }

private:
    F action_;
    bool active_ = true;
};

}  // namespace holdfast::base

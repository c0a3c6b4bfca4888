#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace holdfast::iam {

/// What is known of a request besides who, what and on which resource: condition keys such as
/// "aws:SourceIp" with their values. Names are compared without case.
class ContextKeys {
public:
    /// One more value of a key.
    void add(std::string_view key, std::string value);
    /// The only value of a key.
    void set(std::string_view key, std::string value);
    void set(std::string_view key, bool value);
    void remove(std::string_view key);
    /// Removes every key whose name begins so.
    void remove_all(std::string_view prefix);

    /// aws:CurrentTime and aws:EpochTime.
    void set_time(base::Time now);

    /// The values of a key, whose name must be in lower case; nullptr when there are none.
    const std::vector<std::string>* find(std::string_view lower_key) const;

private:
    struct Entry {
        std::string key;
        std::vector<std::string> values;
    };

    std::vector<std::string>& values_of(std::string_view key);

    // A request has some twenty keys: looking through them costs less than hashing.
    std::vector<Entry> entries_;
};

}  // namespace holdfast::iam

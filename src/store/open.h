#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "store/store.h"

namespace holdfast::store {

/// The absolute path that a "file:///..." location stands for; errors as open_store gives them.
Result<std::string> path_of_location(std::string_view url);

/// What to do when the location does not exist yet.
enum class Missing { Fail, Create };

/// The store at a storage location such as "file:///var/backups/holdfast" (percent-encoding is
/// decoded). InvalidArgument for what is no location, Unsupported for a scheme that this version
/// does not speak or a file system that cannot keep the promises of Store, NotFound for a
/// location that does not exist when `missing` is Fail. `random` outlives the store.
Result<std::unique_ptr<Store>> open_store(std::string_view url, Missing missing,
                                          base::Random& random);

}  // namespace holdfast::store

#pragma once

#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>

#include "api/api_error.h"
#include "api/call.h"
#include "api/parameters.h"
#include "api/registry.h"
#include "api/router.h"
#include "base/clock.h"
#include "base/random.h"
#include "iam/directory.h"
#include "net/server_message.h"

namespace holdfast::api {

struct GatewayOptions {
    /// Where regional services answer.
    std::set<std::string, std::less<>> regions;
};

/// The way of every API request: who signed it, what it asks, whether that is allowed, doing it,
/// and the answer in its protocol. Callable from any thread at once.
class Gateway {
public:
    /// Everything given outlives it.
    Gateway(GatewayOptions options, iam::Directory& directory, const Registry& registry,
            base::Clock& clock, base::Random& random);

    net::ServerResponse handle(const net::ServerRequest& request, std::stop_token stop) const;

private:
    struct Asked;

    Answer<void> authenticate(const net::ServerRequest& request, Asked& asked) const;
    Answer<Json> understand(const net::ServerRequest& request, Asked& asked) const;
    Answer<void> authorise(const Call& call, const Handler& handler,
                           const net::ServerRequest& request, const Json& input) const;
    Answer<Json> answer(const net::ServerRequest& request, Asked& asked) const;

    const GatewayOptions options_;
    iam::Directory& directory_;
    const Registry& registry_;
    base::Clock& clock_;
    base::Random& random_;
    std::map<std::string_view, Router> routers_;  ///< by signing name
};

}  // namespace holdfast::api

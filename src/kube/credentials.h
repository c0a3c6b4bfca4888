#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "kube/kubeconfig.h"
#include "net/http_client.h"

namespace holdfast::kube {

/// What one request proves its sender with.
struct Credentials {
    std::string authorization;  ///< the header's value; empty: none
    std::shared_ptr<const net::TlsIdentity> identity;
    std::optional<base::SteadyTime> renew_at;
};

/// Where credentials come from: the kubeconfig itself, files that change, or a plugin. They are
/// renewed before they expire, by one thread while the others wait for it.
class CredentialSource {
public:
    CredentialSource(AuthMethods auth, base::Clock& clock, base::Millis plugin_timeout);

    /// Those to use now. PermissionDenied or Cancelled.
    Result<std::shared_ptr<const Credentials>> current(std::stop_token stop);

    /// The server refused these: the next call of current() makes new ones, unless that has
    /// happened already. False when there is nothing to renew, as new ones would be the same.
    bool refused(const std::shared_ptr<const Credentials>& credentials);

    /// Why the server may have refused them, as the end of a sentence.
    std::string explain_refusal(const Credentials& credentials) const;

private:
    struct State {
        std::shared_ptr<const Credentials> credentials;
        std::optional<Error> failure;  ///< of the last renewal
        std::uint64_t renewals = 0;
        bool renewing = false;
    };

    bool usable(const State& state) const;
    Result<std::shared_ptr<const Credentials>> make(std::stop_token stop) const;

    AuthMethods auth_;
    base::Clock& clock_;
    base::Millis plugin_timeout_;
    base::Guarded<State> state_;
};

}  // namespace holdfast::kube

#include "kube/credentials.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "kube/exec_credential.h"
#include "net/certificate.h"

namespace holdfast::kube {
namespace {

using base::Millis;

constexpr std::size_t kMaxCredentialBytes = 1u << 20u;
constexpr Millis kTokenFileInterval = std::chrono::seconds(10);
/// Credentials are renewed this long before they end, or at four fifths of a short life.
constexpr Millis kLongestMargin = std::chrono::seconds(60);
/// Credentials that come expired are used this long all the same: the server's clock decides.
constexpr Millis kShortestUse = std::chrono::seconds(1);

bool is_header_text(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return static_cast<unsigned char>(c) >= ' ' && static_cast<unsigned char>(c) != 0x7f;
    });
}

Result<std::string> bearer(std::string_view token) {
    const std::string_view trimmed = base::trim(token);
    if (trimmed.empty()) return fail(ErrorCode::PermissionDenied, "the token is empty");
    if (!is_header_text(trimmed)) {
        return fail(ErrorCode::PermissionDenied, "the token has control characters");
    }
    return fmt::format("Bearer {}", trimmed);
}

Millis use_of(base::Time expires_at, base::Time now) {
    const Millis life = expires_at - now;
    return std::max(kShortestUse, life - std::min(kLongestMargin, life / 5));
}

void use_until(Credentials& credentials, base::SteadyTime time) {
    credentials.renew_at = std::min(credentials.renew_at.value_or(time), time);
}

std::shared_ptr<const net::TlsIdentity> identity_of(std::string certificate, std::string key) {
    return std::make_shared<const net::TlsIdentity>(
        net::TlsIdentity{.certificate_pem = std::move(certificate), .key_pem = std::move(key)});
}

}  // namespace

CredentialSource::CredentialSource(AuthMethods auth, base::Clock& clock, Millis plugin_timeout)
    : auth_(std::move(auth)), clock_(clock), plugin_timeout_(plugin_timeout) {}

bool CredentialSource::usable(const State& state) const {
    if (!state.credentials) return false;
    return !state.credentials->renew_at || clock_.steady_now() < *state.credentials->renew_at;
}

Result<std::shared_ptr<const Credentials>> CredentialSource::current(std::stop_token stop) {
    std::optional<std::uint64_t> awaited;
    while (true) {
        std::shared_ptr<const Credentials> found;
        std::optional<Error> failure;
        bool mine = false;
        const auto look = [&](State& state) {
            if (usable(state)) {
                found = state.credentials;
            } else if (awaited && state.renewals > *awaited && state.failure) {
                failure = state.failure;  // of the renewal that this thread waited for
            } else if (!state.renewing) {
                mine = state.renewing = true;
            }
            awaited = state.renewals;
        };
        state_.update(look);
        if (found) return found;
        if (failure) return std::unexpected(*std::move(failure));
        if (mine) break;
        if (!state_.wait(stop, [](const State& state) { return !state.renewing; })) {
            return fail(ErrorCode::Cancelled, "stopped");
        }
    }
    Result<std::shared_ptr<const Credentials>> made = make(stop);
    state_.update([&](State& state) {
        state.renewing = false;
        ++state.renewals;
        state.failure.reset();
        if (made) {
            state.credentials = *made;
        } else if (made.error().code != ErrorCode::Cancelled) {
            state.failure = made.error();
        }
    });
    return made;
}

bool CredentialSource::refused(const std::shared_ptr<const Credentials>& credentials) {
    const bool renewable = auth_.exec || !auth_.token_file.empty() ||
                           !auth_.certificate_file.empty() || !auth_.key_file.empty();
    state_.update([&](State& state) {
        if (state.credentials == credentials) state.credentials.reset();
    });
    return renewable;
}

std::string CredentialSource::explain_refusal(const Credentials& credentials) const {
    if (credentials.identity) {
        const auto facts = net::read_certificate(credentials.identity->certificate_pem);
        if (facts && facts->not_after < clock_.now()) {
            return fmt::format("the client certificate expired at {}; fetch the kubeconfig again",
                               base::to_rfc3339(facts->not_after));
        }
        if (facts && facts->not_before > clock_.now()) {
            return fmt::format(
                "the client certificate is valid only from {}; check this "
                "machine's clock",
                base::to_rfc3339(facts->not_before));
        }
    }
    if (auth_.exec) {
        return fmt::format(
            "what the credential plugin {} answers is not accepted; check with "
            "which account it signs in",
            auth_.exec->command);
    }
    if (credentials.authorization.empty() && !credentials.identity) {
        return "the kubeconfig's user has no credentials";
    }
    return "the kubeconfig's credentials are wrong or have expired; fetch the kubeconfig again";
}

Result<std::shared_ptr<const Credentials>> CredentialSource::make(std::stop_token stop) const {
    Credentials made;
    std::string certificate = auth_.certificate_pem;
    std::string key = auth_.key_pem;
    if (certificate.empty() && !auth_.certificate_file.empty()) {
        certificate = TRY(base::read_file(auth_.certificate_file, kMaxCredentialBytes),
                          "the client certificate of the kubeconfig");
    }
    if (key.empty() && !auth_.key_file.empty()) {
        key = TRY(base::read_file(auth_.key_file, kMaxCredentialBytes),
                  "the client key of the kubeconfig");
    }
    if (!certificate.empty()) made.identity = identity_of(certificate, key);
    if (!auth_.token_file.empty()) {
        const std::string token = TRY(base::read_file(auth_.token_file, kMaxCredentialBytes),
                                      "the token file of the kubeconfig");
        made.authorization = TRY(bearer(token), "{}", auth_.token_file);
        use_until(made, clock_.steady_now() + kTokenFileInterval);
    } else if (!auth_.token.empty()) {
        made.authorization = TRY(bearer(auth_.token), "the kubeconfig");
    } else if (!auth_.username.empty()) {
        const std::string pair = auth_.username + ":" + auth_.password;
        made.authorization = "Basic " + base::to_base64(base::as_bytes(pair));
    } else if (auth_.exec) {
        PluginCredential plugin = TRY(run_plugin(*auth_.exec, clock_, plugin_timeout_, stop));
        if (!plugin.token.empty()) {
            made.authorization = TRY(bearer(plugin.token), "{}", auth_.exec->command);
        }
        if (!plugin.certificate_pem.empty()) {
            made.identity = identity_of(plugin.certificate_pem, plugin.key_pem);
        }
        if (plugin.expires_at) {
            use_until(made, clock_.steady_now() + use_of(*plugin.expires_at, clock_.now()));
        }
    }
    return std::make_shared<const Credentials>(std::move(made));
}

}  // namespace holdfast::kube

#include "kube/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <string_view>
#include <thread>
#include <vector>

#include "base/fake_clock.h"
#include "base/file.h"
#include "kube/exec_credential.h"

namespace holdfast::kube {
namespace {

using base::Millis;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kVersion = "client.authentication.k8s.io/v1";

ExecPlugin shell(std::string script) {
    ExecPlugin plugin;
    plugin.api_version = kVersion;
    plugin.command = "/bin/sh";
    plugin.arguments = {"-c", std::move(script)};
    return plugin;
}

/// A script that answers with a token of its process id.
std::string token_script(std::string_view expires = "") {
    const std::string expiry =
        expires.empty() ? "" : fmt::format(R"(,"expirationTimestamp":"{}")", expires);
    return fmt::format(R"(echo '{{"kind":"ExecCredential","apiVersion":"{}","status":)"
                       R"({{"token":"'$$'"{}}}}}')",
                       kVersion, expiry);
}

std::string plugin_error(const ExecPlugin& plugin, Millis timeout = std::chrono::seconds(30)) {
    base::SystemClock clock;
    const auto credential = run_plugin(plugin, clock, timeout, {});
    EXPECT_FALSE(credential);
    if (credential) return "";
    EXPECT_EQ(credential.error().code, ErrorCode::PermissionDenied);
    return credential.error().message;
}

class CredentialsTest : public testing::Test {
protected:
    CredentialsTest() {
        std::string pattern = testing::TempDir() + "credentials-XXXXXX";
        directory = ::mkdtemp(pattern.data());
    }
    ~CredentialsTest() override { std::filesystem::remove_all(directory); }

    std::string counter() const { return directory + "/runs"; }
    std::size_t runs() const {
        const auto text = base::read_file(counter(), 1000);
        return text ? text->size() : 0;
    }

    std::string directory;
    base::FakeClock clock;
};

TEST_F(CredentialsTest, AreWhatTheKubeconfigSays) {
    CredentialSource token({.token = " t\n"}, clock, Millis(1000));
    EXPECT_EQ((*token.current({}))->authorization, "Bearer t");
    CredentialSource basic({.username = "a", .password = "b"}, clock, Millis(1000));
    EXPECT_EQ((*basic.current({}))->authorization, "Basic YTpi");
    CredentialSource certificate({.certificate_pem = "c", .key_pem = "k"}, clock, Millis(1000));
    EXPECT_EQ((*certificate.current({}))->identity->certificate_pem, "c");
    CredentialSource nothing({}, clock, Millis(1000));
    EXPECT_EQ((*nothing.current({}))->authorization, "");
    CredentialSource split({.token = "a\r\nX: y"}, clock, Millis(1000));
    EXPECT_FALSE(split.current({}));
}

TEST_F(CredentialsTest, FollowATokenFileThatChanges) {
    const std::string path = directory + "/token";
    ASSERT_TRUE(base::write_file(path, "one\n", base::FileMode::Private));
    CredentialSource source({.token_file = path}, clock, Millis(1000));
    EXPECT_EQ((*source.current({}))->authorization, "Bearer one");
    ASSERT_TRUE(base::write_file(path, "two\n", base::FileMode::Private));
    EXPECT_EQ((*source.current({}))->authorization, "Bearer one");
    clock.advance(std::chrono::seconds(11));
    EXPECT_EQ((*source.current({}))->authorization, "Bearer two");
    ASSERT_TRUE(base::write_file(path, "three\n", base::FileMode::Private));
    EXPECT_TRUE(source.refused(*source.current({})));
    EXPECT_EQ((*source.current({}))->authorization, "Bearer three");
}

TEST_F(CredentialsTest, AreRenewedBeforeTheyExpire) {
    const std::string expires = base::to_rfc3339(clock.now() + std::chrono::seconds(5));
    CredentialSource source({.exec = shell(token_script(expires))}, clock,
                            std::chrono::seconds(30));
    const auto first = *source.current({});
    clock.advance(std::chrono::milliseconds(3900));
    EXPECT_EQ(*source.current({}), first);
    clock.advance(std::chrono::milliseconds(200));
    EXPECT_NE((*source.current({}))->authorization, first->authorization);
}

TEST_F(CredentialsTest, AreRenewedByOneThreadForAll) {
    CredentialSource source(
        {.exec = shell(fmt::format("printf x >> {}; {}", counter(), token_script()))}, clock,
        std::chrono::seconds(30));
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 16; ++i) {
            threads.emplace_back([&] { EXPECT_TRUE(source.current({})); });
        }
    }
    EXPECT_EQ(runs(), 1u);
    const auto refused = *source.current({});
    source.refused(refused);
    EXPECT_TRUE(source.current({}));
    source.refused(refused);  // known by now: no further run
    EXPECT_TRUE(source.current({}));
    EXPECT_EQ(runs(), 2u);
}

TEST_F(CredentialsTest, ShareTheFailureOfOneRenewal) {
    // Every thread that waits for a run shares its failure; those that come later try again.
    CredentialSource source(
        {.exec = shell(fmt::format("printf x >> {}; sleep 0.2; exit 3", counter()))}, clock,
        std::chrono::seconds(30));
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 16; ++i) {
            threads.emplace_back([&] { EXPECT_FALSE(source.current({})); });
        }
    }
    EXPECT_LT(runs(), 16u);
}

TEST(ExecPlugin, AnswersWithATokenOrACertificate) {
    const auto token = parse_exec_credential(
        R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":)"
        R"({"token":"t","expirationTimestamp":"2026-11-21T12:00:00Z"}})",
        kVersion);
    ASSERT_TRUE(token);
    EXPECT_EQ(token->token, "t");
    EXPECT_EQ(base::to_rfc3339(*token->expires_at), "2026-11-21T12:00:00Z");
    const auto certificate = parse_exec_credential(
        R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":)"
        R"({"clientCertificateData":"c","clientKeyData":"k"}})",
        kVersion);
    ASSERT_TRUE(certificate);
    EXPECT_EQ(certificate->key_pem, "k");
    EXPECT_FALSE(certificate->expires_at);
}

TEST(ExecPlugin, IsGivenItsEnvironment) {
    ExecPlugin plugin = shell("echo \"$A $KUBERNETES_EXEC_INFO\" >&2; exit 1");
    plugin.variables = {{"A", "b"}};
    plugin.provide_cluster_info = true;
    plugin.cluster_info_json = R"({"server":"https://c"})";
    EXPECT_THAT(plugin_error(plugin),
                HasSubstr(R"(it said: b {"apiVersion":"client.authentication.k8s.io/v1","kind":)"
                          R"("ExecCredential","spec":{"cluster":{"server":"https://c"},)"
                          R"("interactive":false}})"));
}

TEST(ExecPlugin, ThatFailsIsQuotedBriefly) {
    EXPECT_EQ(plugin_error(shell("echo one >&2; echo >&2; echo two >&2; echo secret; exit 4")),
              "the credential plugin /bin/sh ended with status 4; it said: one; two");
    EXPECT_EQ(plugin_error(shell("kill -9 $$")),
              "the credential plugin /bin/sh was ended by signal 9; it wrote nothing about why");
}

TEST(ExecPlugin, ThatIsMissingComesWithItsHint) {
    ExecPlugin plugin;
    plugin.api_version = kVersion;
    plugin.command = "no-such-plugin-anywhere";
    plugin.install_hint = "\n  install it with apt\n";
    EXPECT_EQ(plugin_error(plugin),
              "the credential plugin no-such-plugin-anywhere of the kubeconfig is not installed "
              "or not in PATH; install it with apt");
}

TEST(ExecPlugin, ThatHangsIsKilledWithItsChildren) {
    const std::string message =
        plugin_error(shell("sleep 1000 & echo $! ; sleep 1000"), Millis(100));
    EXPECT_THAT(message, HasSubstr("did not end within 1 s and was killed"));
}

TEST(ExecPlugin, ThatFloodsIsKilled) {
    EXPECT_THAT(plugin_error(shell("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done")),
                HasSubstr("wrote more than"));
}

TEST(ExecPlugin, ThatTalksNonsenseIsOfNoUse) {
    for (const char* answer :
         {"nonsense secret", "[]", R"({"kind":"Pod"})",
          R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1"})",
          R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1"})",
          R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1",)"
          R"("status":{"clientKeyData":"secret"}})",
          R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1",)"
          R"("status":{"token":"secret","expirationTimestamp":"soon"}})"}) {
        const std::string message = plugin_error(shell(fmt::format("echo '{}'", answer)));
        EXPECT_THAT(message, StartsWith("the credential plugin /bin/sh is of no use: ")) << answer;
        EXPECT_THAT(message, Not(HasSubstr("secret")));
    }
}

TEST(ExecPlugin, StopsWhenAsked) {
    base::SystemClock clock;
    std::stop_source stop;
    stop.request_stop();
    const auto credential =
        run_plugin(shell("sleep 1000"), clock, std::chrono::seconds(30), stop.get_token());
    ASSERT_FALSE(credential);
    EXPECT_EQ(credential.error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace holdfast::kube

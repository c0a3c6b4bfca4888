#include "kube/kubeconfig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string_view>

#include "base/file.h"

namespace holdfast::kube {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class KubeconfigTest : public testing::Test {
protected:
    KubeconfigTest() {
        std::string pattern = testing::TempDir() + "kubeconfig-XXXXXX";
        directory = ::mkdtemp(pattern.data());
        surroundings.home = directory;
        surroundings.service_account_directory = directory + "/account";
    }
    ~KubeconfigTest() override { std::filesystem::remove_all(directory); }

    std::string write(const std::string& name, std::string_view text) {
        const std::string path = directory + "/" + name;
        std::filesystem::create_directories(std::filesystem::path(path).parent_path());
        EXPECT_TRUE(base::write_file(path, text, base::FileMode::Private));
        return path;
    }
    Result<ClusterAccess> load(std::string_view text, AccessOptions options = {}) {
        options.kubeconfig = write("config", text);
        return load_access(options, surroundings);
    }
    std::string message(std::string_view text, const AccessOptions& options = {}) {
        const auto access = load(text, options);
        EXPECT_FALSE(access);
        return access ? "" : access.error().message;
    }

    std::string directory;
    Surroundings surroundings;
};

constexpr std::string_view kTwoContexts = R"(
apiVersion: v1
kind: Config
current-context: one
contexts:
- name: one
  context: {cluster: a, user: u, namespace: team}
- name: two
  context: {cluster: b, user: v}
clusters:
- name: a
  cluster: {server: "https://a:6443", certificate-authority-data: Q0E=, tls-server-name: real}
- name: b
  cluster: {server: "https://b", insecure-skip-tls-verify: true, proxy-url: "http://p:3128"}
users:
- name: u
  user: {token: 0123}
- name: v
  user: {username: me, password: "secret"}
)";

TEST_F(KubeconfigTest, FollowsTheCurrentContext) {
    const auto access = load(kTwoContexts);
    ASSERT_TRUE(access) << access.error().message;
    EXPECT_EQ(access->context, "one");
    EXPECT_EQ(access->server, "https://a:6443");
    EXPECT_EQ(access->ca_pem, "CA");
    EXPECT_EQ(access->tls_server_name, "real");
    EXPECT_EQ(access->default_namespace, "team");
    EXPECT_EQ(access->auth.token, "0123");
}

TEST_F(KubeconfigTest, LetsTheCallerChooseContextClusterAndUser) {
    const auto two = load(kTwoContexts, {.context = "two"});
    ASSERT_TRUE(two);
    EXPECT_TRUE(two->skip_tls_verify);
    EXPECT_EQ(two->proxy_url, "http://p:3128");
    EXPECT_EQ(two->auth.username, "me");
    EXPECT_EQ(two->default_namespace, "default");
    const auto mixed = load(kTwoContexts, {.cluster = "b", .impersonation = {.user = "x"}});
    ASSERT_TRUE(mixed);
    EXPECT_EQ(mixed->server, "https://b");
    EXPECT_EQ(mixed->auth.token, "0123");
    EXPECT_EQ(mixed->impersonation.user, "x");
}

TEST_F(KubeconfigTest, NamesWhatThereIsWhenANameIsUnknown) {
    EXPECT_THAT(message(kTwoContexts, {.context = "three"}),
                HasSubstr("has no context 'three'; there are: one, two"));
    EXPECT_THAT(message(kTwoContexts, {.cluster = "c"}),
                HasSubstr("has no cluster 'c'; there are: a, b"));
    EXPECT_THAT(message(kTwoContexts, {.user = "w"}),
                HasSubstr("has no user 'w'; there are: u, v"));
    EXPECT_THAT(message("contexts: [{name: x, context: {cluster: a}}]"),
                HasSubstr("has no current-context; choose one with --context: x"));
}

TEST_F(KubeconfigTest, SaysWhereTheYamlIsBroken) {
    EXPECT_THAT(message("a: b\nc: [\n"), HasSubstr("config: line 3: "));
    EXPECT_THAT(message("a: b\na: c\n"), HasSubstr("line 2: the key a occurs twice"));
    EXPECT_THAT(message("- a\n"), HasSubstr("is no mapping"));
    EXPECT_THAT(message("kind: Pod\n"), HasSubstr("is no kubeconfig but a Pod"));
    EXPECT_THAT(message("contexts: 3\n"), HasSubstr("has contexts that are no list"));
}

TEST_F(KubeconfigTest, BoundsWhatAliasesUnfold) {
    std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 10; ++i) {
        bomb += fmt::format("a{0}: &a{0} [*a{1},*a{1},*a{1},*a{1},*a{1},*a{1},*a{1},*a{1}]\n", i,
                            i - 1);
    }
    EXPECT_THAT(message(bomb), HasSubstr("more than 500000 nodes"));
}

TEST_F(KubeconfigTest, ReadsFilesBesideItself) {
    write("deep/ca.pem", "the ca");
    surroundings.kubeconfig_paths = write("deep/config", R"(
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://c", certificate-authority: ca.pem}}]
users: [{name: u, user: {client-certificate: ./x.crt, client-key: /abs/x.key, tokenFile: t}}]
)");
    const auto access = load_access({}, surroundings);
    ASSERT_TRUE(access) << access.error().message;
    EXPECT_EQ(access->ca_pem, "the ca");
    EXPECT_EQ(access->auth.certificate_file, directory + "/deep/x.crt");
    EXPECT_EQ(access->auth.key_file, "/abs/x.key");
    EXPECT_EQ(access->auth.token_file, directory + "/deep/t");
}

TEST_F(KubeconfigTest, TakesOnlyWhatIsInlineFromSomebodyElse) {
    constexpr std::string_view kSent = R"(
current-context: c
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters: [{name: k, cluster: {server: "https://k:6443", CLUSTER}}]
users: [{name: u, user: {token: t, USER}}]
)";
    auto sent = [&](std::string_view cluster, std::string_view user) {
        std::string text(kSent);
        text.replace(text.find("CLUSTER"), 7, cluster);
        text.replace(text.find("USER"), 4, user);
        return read_sent_access(text, "");
    };
    const auto good = sent("certificate-authority-data: Q0E=", "username: ''");
    ASSERT_TRUE(good) << good.error().message;
    EXPECT_EQ(good->server, "https://k:6443");
    EXPECT_EQ(good->auth.token, "t");
    for (std::string_view cluster : {"certificate-authority: /etc/passwd"})
        EXPECT_THAT(sent(cluster, "username: ''").error().message, HasSubstr("cluster 'k'"));
    for (std::string_view user :
         {"tokenFile: /etc/shadow", "client-certificate: a.crt", "client-key: a.key",
          "exec: {command: sh}", "auth-provider: {name: gcp}"})
        EXPECT_THAT(sent("tls-server-name: k", user).error().message,
                    HasSubstr("names a file or a program"));
}

TEST_F(KubeconfigTest, MergesFilesAndTheFirstOneWins) {
    const std::string first = write("first", R"(
current-context: x
clusters: [{name: a, cluster: {server: "https://first"}}]
)");
    const std::string second = write("second", R"(
current-context: y
contexts: [{name: x, context: {cluster: a}}, {name: y, context: {cluster: a}}]
clusters: [{name: a, cluster: {server: "https://second", proxy-url: "http://p"}}]
)");
    surroundings.kubeconfig_paths = first + ":/does/not/exist::" + second;
    const auto access = load_access({}, surroundings);
    ASSERT_TRUE(access) << access.error().message;
    EXPECT_EQ(access->context, "x");
    EXPECT_EQ(access->server, "https://first");
    EXPECT_EQ(access->proxy_url, "");
}

TEST_F(KubeconfigTest, LooksInTheHomeDirectoryThenInThePod) {
    const auto nowhere = load_access({}, surroundings);
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().code, ErrorCode::NotFound);
    EXPECT_THAT(nowhere.error().message, HasSubstr(directory + "/.kube/config"));
    EXPECT_THAT(nowhere.error().message, HasSubstr("--kubeconfig"));

    surroundings.service_host = "fd00::1";
    surroundings.service_port = "443";
    write("account/ca.crt", "pod ca");
    write("account/namespace", "mine\n");
    const auto pod = load_access({}, surroundings);
    ASSERT_TRUE(pod) << pod.error().message;
    EXPECT_EQ(pod->server, "https://[fd00::1]:443");
    EXPECT_EQ(pod->ca_pem, "pod ca");
    EXPECT_EQ(pod->default_namespace, "mine");
    EXPECT_EQ(pod->auth.token_file, directory + "/account/token");

    write(".kube/config", kTwoContexts);
    EXPECT_EQ(load_access({}, surroundings)->server, "https://a:6443");
}

TEST_F(KubeconfigTest, MissesAFileThatIsNamed) {
    const auto access = load_access({.kubeconfig = directory + "/none"}, surroundings);
    ASSERT_FALSE(access);
    EXPECT_EQ(access.error().code, ErrorCode::NotFound);
    EXPECT_THAT(access.error().message, HasSubstr("there is no kubeconfig"));
    EXPECT_THAT(access.error().message, HasSubstr("/none"));
}

std::string with_user(std::string_view user) {
    return fmt::format(R"(
current-context: c
contexts: [{{name: c, context: {{cluster: c, user: u}}}}]
clusters:
- name: c
  cluster:
    server: https://c
    certificate-authority-data: Q0E=
    extensions: [{{name: client.authentication.k8s.io/exec, extension: {{id: 7, on: true}}}}]
users: [{{name: u, user: {}}}]
)",
                       user);
}

TEST_F(KubeconfigTest, ReadsCredentialPlugins) {
    const auto access = load(with_user(
        "{exec: {apiVersion: client.authentication.k8s.io/v1, command: bin/plug, args: [get, 1], "
        "env: [{name: A, value: b}], installHint: get it, provideClusterInfo: true, "
        "interactiveMode: Never}}"));
    ASSERT_TRUE(access) << access.error().message;
    const ExecPlugin& plugin = *access->auth.exec;
    EXPECT_EQ(plugin.command, directory + "/bin/plug");
    EXPECT_THAT(plugin.arguments, ElementsAre("get", "1"));
    EXPECT_THAT(plugin.variables, ElementsAre(std::pair("A", "b")));
    EXPECT_EQ(plugin.install_hint, "get it");
    EXPECT_EQ(plugin.cluster_info_json,
              R"({"certificate-authority-data":"Q0E=","config":{"id":7,"on":true},)"
              R"("server":"https://c"})");
    EXPECT_EQ(load(with_user("{exec: {apiVersion: client.authentication.k8s.io/v1beta1, "
                             "command: plug}}"))
                  ->auth.exec->command,
              "plug");
}

TEST_F(KubeconfigTest, SaysWhatIsUnsupportedOrContradictory) {
    EXPECT_THAT(message(with_user("{auth-provider: {name: gcp}}")),
                HasSubstr("uses the auth-provider 'gcp'"));
    EXPECT_THAT(message(with_user("{exec: {apiVersion: client.authentication.k8s.io/v1alpha1, "
                                  "command: x}}")),
                HasSubstr("v1alpha1"));
    EXPECT_THAT(message(with_user("{exec: {apiVersion: client.authentication.k8s.io/v1}}")),
                HasSubstr("has no command"));
    EXPECT_THAT(message(with_user("{exec: {apiVersion: client.authentication.k8s.io/v1, "
                                  "command: x, interactiveMode: Always}}")),
                HasSubstr("insists on a terminal"));
    EXPECT_THAT(message(with_user("{client-certificate-data: Q0E=}")),
                HasSubstr("a client certificate without a key"));
    const std::string bad = message(with_user("{client-key-data: '%secret%'}"));
    EXPECT_THAT(bad, HasSubstr("client-key-data of user 'u' is not base64"));
    EXPECT_THAT(bad, Not(HasSubstr("secret")));
    EXPECT_THAT(message(R"(
current-context: c
contexts: [{name: c, context: {cluster: c}}]
clusters:
- name: c
  cluster: {server: x, certificate-authority-data: Q0E=, insecure-skip-tls-verify: true}
)"),
                HasSubstr("both a certificate-authority and insecure-skip-tls-verify"));
    EXPECT_THAT(message(R"(
current-context: c
contexts: [{name: c, context: {cluster: c}}]
clusters: [{name: c, cluster: {}}]
)"),
                HasSubstr("cluster 'c' of the kubeconfig has no server"));
}

}  // namespace
}  // namespace holdfast::kube

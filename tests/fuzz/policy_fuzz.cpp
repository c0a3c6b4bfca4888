// Policy documents and what is decided by them. A denial more never allows more, and whatever a
// document allows is still allowed without what it denies.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "iam/condition.h"
#include "iam/decision.h"
#include "iam/policy_document.h"
#include "iam/request_context.h"

namespace {

using namespace holdfast;
using iam::DocumentKind;
using iam::PolicyDocument;

constexpr std::string_view kVault = "arn:aws:backup:eu-central-1:111111111111:backup-vault:gold";
constexpr std::string_view kRole = "arn:aws:iam::111111111111:role/operator";

void expect(bool holds) {
    if (!holds) std::abort();
}

iam::Principal user() {
    return {.kind = iam::PrincipalKind::User,
            .arn = "arn:aws:iam::111111111111:user/alice",
            .role_arn = {},
            .account = "111111111111",
            .id = "AIDAAAAAAAAAAAAALICE",
            .name = "alice",
            .organization = "o-1",
            .tags = {{"team", "*"}}};
}

iam::Principal session() {
    return {.kind = iam::PrincipalKind::RoleSession,
            .arn = "arn:aws:sts::111111111111:assumed-role/operator/monday",
            .role_arn = std::string(kRole),
            .account = "111111111111",
            .id = "AROAAAAAAAAAAOPERATOR:monday",
            .name = {},
            .organization = {},
            .tags = {}};
}

std::vector<iam::Request> requests() {
    std::vector<iam::Request> all;
    for (const char* owner : {"", "111111111111", "222222222222"}) {
        for (const iam::Principal& principal :
             {user(), session(), iam::Principal::root("aws", "111111111111"),
              iam::Principal::service("backup.amazonaws.com")}) {
            all.push_back(
                iam::make_request(principal, "backup:CopyIntoBackupVault", kVault, owner));
            all.push_back(iam::make_request(principal, "sts:AssumeRole", kRole, owner));
            all.push_back(iam::make_request(principal, "backup:ListBackupJobs", "*", owner));
        }
    }
    for (iam::Request& request : all) {
        request.keys.set("aws:SourceIp", std::string("203.0.113.9"));
        request.keys.set("aws:SecureTransport", true);
        request.keys.set_time(base::Time(std::chrono::seconds(1'795'269'900)));
        request.keys.add("aws:TagKeys", "one");
        request.keys.add("aws:TagKeys", "two");
    }
    return all;
}

PolicyDocument parsed(std::string_view text, DocumentKind kind) {
    Result<PolicyDocument> document = PolicyDocument::parse(text, kind);
    expect(document.has_value());
    return *std::move(document);
}

/// A statement that denies everything, in the form that the kind needs.
iam::Statement denial_of_everything(DocumentKind kind) {
    std::string_view text = R"({"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}})";
    if (kind == DocumentKind::Resource || kind == DocumentKind::Vault) {
        kind = DocumentKind::Resource;
        text = R"({"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}})";
    }
    if (kind == DocumentKind::Trust)
        text = R"({"Statement":{"Effect":"Deny","Principal":"*","Action":"sts:*"}})";
    return parsed(text, kind).statements.front();
}

iam::Decision decide(const iam::Request& request, const PolicyDocument& document,
                     bool identity_allows) {
    static const PolicyDocument kAllow = parsed(
        R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})", DocumentKind::Identity);
    const iam::NamedPolicy policy = {.name = "fuzzed", .document = &document};
    const iam::NamedPolicy allow = {.name = "allow", .document = &kAllow};
    const std::span<const iam::NamedPolicy> none;
    const std::span fuzzed(&policy, 1);
    const std::span everything(&allow, 1);
    switch (document.kind) {
        case DocumentKind::Identity:
            return iam::decide({.request = request,
                                .identity = fuzzed,
                                .boundary = {},
                                .session = none,
                                .resource = {}});
        case DocumentKind::Boundary:
            return iam::decide({.request = request,
                                .identity = everything,
                                .boundary = policy,
                                .session = none,
                                .resource = {}});
        case DocumentKind::Session:
            return iam::decide({.request = request,
                                .identity = everything,
                                .boundary = {},
                                .session = fuzzed,
                                .resource = {}});
        default:
            return iam::decide({.request = request,
                                .identity = identity_allows ? everything : none,
                                .boundary = {},
                                .session = none,
                                .resource = policy});
    }
}

void check(const iam::Request& request, const PolicyDocument& document, bool identity_allows) {
    const iam::Decision decision = decide(request, document, identity_allows);
    if (!decision.allowed()) (void)iam::access_denied_message(request, decision);

    PolicyDocument denying = document;
    denying.statements.push_back(denial_of_everything(document.kind));
    const bool sts = request.action.starts_with("sts:");
    if (document.kind != DocumentKind::Trust || sts)
        expect(decide(request, denying, identity_allows).verdict == iam::Verdict::ExplicitDeny);

    PolicyDocument allowing = document;
    std::erase_if(allowing.statements,
                  [](const iam::Statement& it) { return it.effect == iam::Effect::Deny; });
    const bool allowed_without = decide(request, allowing, identity_allows).allowed();
    expect(!decision.allowed() || allowed_without);

    // Without identity policies nothing is allowed that is not with them.
    if (identity_allows) expect(decision.allowed() || !decide(request, document, false).allowed());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static const std::vector<iam::Request> kRequests = requests();
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    for (const DocumentKind kind :
         {DocumentKind::Identity, DocumentKind::Boundary, DocumentKind::Session,
          DocumentKind::Resource, DocumentKind::Trust, DocumentKind::Vault}) {
        const Result<PolicyDocument> document = PolicyDocument::parse(text, kind);
        if (!document) continue;
        for (const iam::Request& request : kRequests) {
            check(request, *document, true);
            check(request, *document, false);
        }
    }
    return 0;
}

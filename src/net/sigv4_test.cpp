#include "net/sigv4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "net/signature_refusal.h"
#include "net/url.h"

namespace holdfast::net {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Pair;

constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

base::Time signed_at() {
    return *base::from_rfc3339("2015-08-30T12:36:00Z");
}

Signer signer_of(std::string service) {
    return {.access_key_id = "AKIDEXAMPLE",
            .secret = std::string(kSecret),
            .region = "us-east-1",
            .service = std::move(service)};
}

/// A request that owns what it is made of.
struct Owned {
    std::string method = "GET";
    std::string target = "/";
    Headers headers;
    std::string body;

    SignedRequest view() const {
        return {.method = method, .target = target, .headers = headers, .body = body};
    }
};

Owned with_signature(Owned request, const Signer& signer, base::Time time = signed_at()) {
    const Result<Headers> added = sign(request.view(), signer, time);
    EXPECT_TRUE(added);
    request.headers.insert(request.headers.end(), added->begin(), added->end());
    return request;
}

/// As a server does that knows one access key.
std::expected<void, SignatureRefusal> accept(const Owned& request,
                                             std::string_view secret = kSecret) {
    const SignatureClaim claim = TRY(parse_claim(request.view()));
    if (claim.access_key_id != "AKIDEXAMPLE") {
        return refuse(SignatureFault::Mismatch, "There is no such access key.");
    }
    return verify(claim, request.view(), signing_key(secret, claim.scope));
}

std::string signature_of(const Owned& request, std::string service) {
    const Owned complete = with_signature(request, signer_of(std::move(service)));
    const std::expected<SignatureClaim, SignatureRefusal> claim = parse_claim(complete.view());
    EXPECT_TRUE(claim);
    EXPECT_TRUE(accept(complete));
    return claim ? claim->signature : "";
}

// The examples that AWS publishes: the documentation's IAM request, and its test suite, in which
// the service is called "service".
TEST(SigV4, SignsTheDocumentedExample) {
    const Owned request{
        .target = "/?Action=ListUsers&Version=2010-05-08",
        .headers = {{"Host", "iam.amazonaws.com"},
                    {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}}};
    const Result<Headers> added = sign(request.view(), signer_of("iam"), signed_at());
    ASSERT_TRUE(added);
    EXPECT_THAT(
        *added,
        ElementsAre(
            Pair("X-Amz-Date", "20150830T123600Z"),
            Pair("Authorization",
                 "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
                 "SignedHeaders=content-type;host;x-amz-date, "
                 "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")));
}

TEST(SigV4, PresignsTheDocumentedExample) {
    const Owned request{
        .target = "/?Action=ListUsers&Version=2010-05-08",
        .headers = {{"Host", "iam.amazonaws.com"},
                    {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}}};
    const Result<std::string> target =
        presign(request.view(), signer_of("iam"), signed_at(), std::chrono::minutes(1));
    ASSERT_TRUE(target);
    EXPECT_THAT(
        *target,
        EndsWith("&X-Amz-Expires=60&X-Amz-SignedHeaders=content-type%3Bhost&X-Amz-Signature="
                 "37ac2f4fde00b0ac9bd9eadeb459b1bbee224158d66e7ae5fcadb70b2d181d02"));
}

TEST(SigV4, DerivesTheDocumentedKey) {
    const crypto::Key key =
        signing_key(kSecret, {.date = "20150830", .region = "us-east-1", .service = "iam"});
    EXPECT_EQ(base::to_hex(key.view()),
              "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
}

/// A name, a request and its signature.
using Vector = std::tuple<std::string, Owned, std::string>;

TEST(SigV4, SignsThePublishedVectors) {
    const std::pair<std::string, std::string> host = {"Host", "example.amazonaws.com"};
    const std::vector<Vector> vectors = {
        {"get-vanilla",
         {.headers = {host}},
         "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
        {"get-vanilla-query-order-key-case",
         {.target = "/?Param2=value2&Param1=value1", .headers = {host}},
         "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
        {"get-vanilla-empty-query-key",
         {.target = "/?Param1=value1", .headers = {host}},
         "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
        {"get-header-value-trim",
         {.headers = {host, {"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}}},
         "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
        {"get-header-key-duplicate",
         {.headers =
              {host, {"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}}},
         "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
        {"get-slashes",
         {.target = "//example//", .headers = {host}},
         "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
        {"get-relative-relative",
         {.target = "/example1/example2/../..", .headers = {host}},
         "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
        {"post-vanilla",
         {.method = "POST", .headers = {host}},
         "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
        {"post-x-www-form-urlencoded",
         {.method = "POST",
          .headers = {host, {"Content-Type", "application/x-www-form-urlencoded"}},
          .body = "Param1=value1"},
         "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"}};
    for (const auto& [name, request, signature] : vectors) {
        EXPECT_EQ(signature_of(request, "service"), signature) << name;
    }
}

TEST(SigV4, EncodesThePathOnceMore) {
    const Owned once{.target = "/vaults/arn%3Aaws", .headers = {{"Host", "h"}}};
    const Owned bare{.target = "/vaults/arn:aws", .headers = {{"Host", "h"}}};
    EXPECT_NE(signature_of(once, "backup"), signature_of(bare, "backup"));
}

TEST(SigV4, TakesEquivalentQueriesForEqual) {
    const auto signature = [](std::string query) {
        return signature_of({.target = "/?" + query, .headers = {{"Host", "h"}}}, "backup");
    };
    EXPECT_EQ(signature("b=2&a=1"), signature("a=1&b=2"));
    EXPECT_EQ(signature("delete"), signature("delete="));
    EXPECT_EQ(signature("a=x+y"), signature("a=x%20y"));
    EXPECT_EQ(signature("a=x%2by"), signature("a=x%2By"));
    EXPECT_EQ(signature("a=b=c"), signature("a=b%3Dc"));
    EXPECT_EQ(signature("a=2&a=1&a=1"), signature("a=1&a=1&a=2"));
    EXPECT_EQ(signature("a:b=c/d"), signature("a%3Ab=c%2Fd"));
    EXPECT_EQ(signature("a=1&&"), signature("a=1"));
    EXPECT_NE(signature("a=x%2By"), signature("a=x+y"));
    EXPECT_NE(signature("a%3Db=c"), signature("a=b%3Dc"));
    EXPECT_NE(signature("a=1&a=1"), signature("a=1"));
}

TEST(SigV4, LeavesHeadersThatProxiesChangeUnsigned) {
    const Owned request =
        with_signature({.headers = {{"Host", "h"}, {"User-Agent", "x"}, {"Connection", "close"}}},
                       signer_of("backup"));
    EXPECT_THAT(parse_claim(request.view())->signed_headers, ElementsAre("host", "x-amz-date"));
}

TEST(SigV4, SignsTheSessionToken) {
    Signer signer = signer_of("backup");
    signer.session_token = "a+token/with==";
    Owned request = with_signature({.headers = {{"Host", "h"}}}, signer);
    EXPECT_EQ(parse_claim(request.view())->session_token, signer.session_token);
    EXPECT_TRUE(accept(request));
    for (auto& [name, value] : request.headers) {
        if (name == "X-Amz-Security-Token") value += "x";
    }
    EXPECT_EQ(accept(request).error().fault, SignatureFault::Mismatch);
}

TEST(SigV4, CannotSignWithoutAHost) {
    const Owned request;
    EXPECT_EQ(sign(request.view(), signer_of("backup"), signed_at()).error().code,
              ErrorCode::InvalidArgument);
    EXPECT_EQ(presign(request.view(), signer_of("backup"), signed_at(), std::chrono::minutes(1))
                  .error()
                  .code,
              ErrorCode::InvalidArgument);
}

TEST(SigV4, RefusesAnotherSecret) {
    const Owned request = with_signature({.headers = {{"Host", "h"}}}, signer_of("backup"));
    const auto accepted = accept(request, "another");
    ASSERT_FALSE(accepted);
    EXPECT_EQ(accepted.error().fault, SignatureFault::Mismatch);
    EXPECT_EQ(accepted.error().message,
              "The request signature we calculated does not match the signature you provided. "
              "Check your AWS Secret Access Key and signing method. Consult the service "
              "documentation for details.");
}

TEST(SigV4, HoldsTheNamedHashOfTheBodyAgainstTheBody) {
    const std::string hash = "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5";
    Owned request{.method = "PUT",
                  .headers = {{"Host", "h"}, {"x-amz-content-sha256", hash}},
                  .body = "body"};
    request = with_signature(request, signer_of("backup"));
    EXPECT_TRUE(accept(request));
    request.body = "bodz";
    EXPECT_EQ(accept(request).error().fault, SignatureFault::ContentChanged);
}

TEST(SigV4, RefusesBodiesThatNobodySigned) {
    const Owned request =
        with_signature({.headers = {{"Host", "h"}, {"X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"}}},
                       signer_of("backup"));
    EXPECT_EQ(accept(request).error().fault, SignatureFault::ContentChanged);
}

TEST(SigV4, PresignedRequestsStandByThemselves) {
    Owned request{.target = "/backup-vaults/a%20b/?max=3&flag", .headers = {{"Host", "h"}}};
    Signer signer = signer_of("backup");
    signer.session_token = "to+ken";
    const Result<std::string> target =
        presign(request.view(), signer, signed_at(), std::chrono::minutes(2));
    ASSERT_TRUE(target);
    request.target = *target;
    const auto claim = parse_claim(request.view());
    ASSERT_TRUE(claim) << claim.error().message;
    EXPECT_TRUE(claim->presigned);
    EXPECT_EQ(claim->expires, std::chrono::minutes(2));
    EXPECT_EQ(claim->session_token, "to+ken");
    EXPECT_TRUE(accept(request));
    request.method = "DELETE";
    EXPECT_EQ(accept(request).error().fault, SignatureFault::Mismatch);
}

TEST(SigV4, PresignsForAWeekAtMost) {
    const Owned request{.headers = {{"Host", "h"}}};
    const auto good_for = [&](std::chrono::seconds expires) {
        return presign(request.view(), signer_of("backup"), signed_at(), expires).has_value();
    };
    EXPECT_FALSE(good_for(std::chrono::seconds(0)));
    EXPECT_TRUE(good_for(std::chrono::seconds(1)));
    EXPECT_TRUE(good_for(std::chrono::days(7)));
    EXPECT_FALSE(good_for(std::chrono::days(7) + std::chrono::seconds(1)));
}

SignatureClaim claim_at(base::Time time) {
    SignatureClaim claim;
    claim.time = time;
    return claim;
}

TEST(SigV4Time, MayBeAQuarterOfAnHourOff) {
    const base::Time now = signed_at();
    using std::chrono::minutes;
    using std::chrono::seconds;
    for (const auto off : {-minutes(15), minutes(0), minutes(15)}) {
        EXPECT_TRUE(check_time(claim_at(now + off), now)) << off.count();
    }
    const auto old = check_time(claim_at(now - minutes(15) - seconds(1)), now);
    ASSERT_FALSE(old);
    EXPECT_EQ(old.error().fault, SignatureFault::Skewed);
    EXPECT_EQ(old.error().message,
              "Signature expired: 20150830T122059Z is now earlier than 20150830T122100Z "
              "(20150830T123600Z - 15 min.)");
    const auto young = check_time(claim_at(now + minutes(15) + seconds(1)), now);
    ASSERT_FALSE(young);
    EXPECT_EQ(young.error().fault, SignatureFault::Skewed);
    EXPECT_EQ(young.error().message,
              "Signature not yet current: 20150830T125101Z is still later than 20150830T125100Z "
              "(20150830T123600Z + 15 min.)");
}

TEST(SigV4Time, EndsForPresignedRequestsWhenTheySay) {
    const base::Time begin = signed_at();
    SignatureClaim claim = claim_at(begin);
    claim.presigned = true;
    claim.expires = std::chrono::hours(2);
    EXPECT_TRUE(check_time(claim, begin));
    EXPECT_TRUE(check_time(claim, begin + claim.expires));
    const auto late = check_time(claim, begin + claim.expires + std::chrono::seconds(1));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().fault, SignatureFault::Expired);
    EXPECT_EQ(check_time(claim, begin - std::chrono::minutes(16)).error().fault,
              SignatureFault::Skewed);
}

/// Random requests of every shape that the signer takes.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : random_(seed) {}

    Owned request() {
        Owned made{.method = pick({"GET", "PUT", "POST", "DELETE", "PATCH"})};
        made.target = "";
        for (std::uint64_t i = random_.below(5); i > 0; --i) made.target += "/" + word();
        if (made.target.empty() || flip()) made.target += "/";
        made.headers = {{flip() ? "Host" : "host", "127.0.0.1:8080"}};
        for (std::uint64_t i = random_.below(4); i > 0; --i) {
            made.headers.emplace_back(
                pick({"X-Amz-Meta", "Content-Type", "accept", "X-AMZ-Other", "if-match"}),
                pick({"a  b", " trimmed ", "", "\tx\t y", "plain", "a,b;c=\"d  e\""}));
        }
        if (flip()) made.body = word() + word() + word();
        char before = '?';
        for (std::uint64_t i = random_.below(5); i > 0; --i) {
            made.target += before + word() + pick({"", "=", "=" + word(), "=a=b", "=x+y"});
            before = '&';
        }
        return made;
    }

    std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
    bool flip() { return random_.below(2) == 1; }

private:
    std::string pick(const std::vector<std::string>& of) { return of[random_.below(of.size())]; }

    std::string word() {
        std::string raw;
        for (std::uint64_t i = 1 + random_.below(6); i > 0; --i) {
            raw += static_cast<char>(random_.below(256));
        }
        return percent_encode(raw);
    }

    base::SeededRandom random_;
};

/// The same text but for one byte, which another letter or digit replaces.
void change_one_letter(std::string& text, Dice& dice) {
    constexpr std::string_view kOthers = "abcdefghijklmnopqrstuvwxyz0123456789";
    char& changed = text[dice.below(text.size())];
    const char before = changed;
    while (changed == before) changed = kOthers[dice.below(kOthers.size())];
}

TEST(SigV4, RandomRequestsAreAcceptedAndChangedOnesRefused) {
    Dice dice(4711);
    for (int round = 0; round < 2000; ++round) {
        const Owned plain = dice.request();
        Owned request = plain;
        if (dice.flip()) {
            const Result<std::string> target =
                presign(request.view(), signer_of("backup"), signed_at(), std::chrono::hours(1));
            ASSERT_TRUE(target);
            request.target = *target;
        } else {
            request = with_signature(request, signer_of("backup"));
        }
        const auto accepted = accept(request);
        ASSERT_TRUE(accepted) << request.target << ": " << accepted.error().message;

        Owned body = request;
        body.body += 'x';
        EXPECT_FALSE(accept(body));
        Owned method = request;
        change_one_letter(method.method, dice);
        EXPECT_FALSE(accept(method)) << method.method;
        Owned path = request;
        path.target.insert(
            path.target.find('?') == std::string::npos ? path.target.size() : path.target.find('?'),
            1, 'x');
        EXPECT_FALSE(accept(path)) << path.target;
        Owned host = request;
        change_one_letter(host.headers[0].second, dice);
        EXPECT_FALSE(accept(host)) << host.headers[0].second;
        Owned query = request;
        query.target += query.target.contains('?') ? "&x" : "?x";
        EXPECT_FALSE(accept(query)) << query.target;
    }
}

/// Every byte of every part of `request`, one after the other, becomes each of a few others.
template <class Check>
void for_each_changed_byte(const Owned& request, std::string Owned::* part, Check check) {
    for (std::size_t i = 0; i < (request.*part).size(); ++i) {
        for (const char other : {'a', 'Z', '0', '%', '/', '&', '=', ' ', '\0', '\xff'}) {
            Owned changed = request;
            if ((changed.*part)[i] == other) continue;
            (changed.*part)[i] = other;
            check(changed);
        }
    }
}

TEST(SigV4, NoByteOfARequestCanBeChanged) {
    Owned request = with_signature({.method = "PUT",
                                    .target = "/backup-vaults/v1?b=2&name=a%20b",
                                    .headers = {{"host", "h:1"}, {"x-amz-meta", "v"}},
                                    .body = "{\"a\":1}"},
                                   signer_of("backup"));
    ASSERT_TRUE(accept(request));
    const auto refused = [](const Owned& changed) {
        EXPECT_FALSE(accept(changed)) << changed.method << ' ' << changed.target;
    };
    for_each_changed_byte(request, &Owned::method, refused);
    for_each_changed_byte(request, &Owned::target, refused);
    for_each_changed_byte(request, &Owned::body, refused);
    for (std::size_t header = 0; header < request.headers.size(); ++header) {
        const std::string value = request.headers[header].second;
        for (std::size_t i = 0; i < value.size(); ++i) {
            // A space or comma between parameters of the Authorization may as well be missing.
            if (value[i] == ' ' || value[i] == ',') continue;
            for (const char other : {'b', 'Q', '7', '/', '=', ';', '\0', '\xff'}) {
                if (value[i] == other) continue;
                Owned changed = request;
                changed.headers[header].second[i] = other;
                EXPECT_FALSE(accept(changed)) << changed.headers[header].second;
            }
        }
    }
}

TEST(SigV4, NoByteOfAPresignedTargetCanBeChanged) {
    Owned request{.target = "/a/b?c=d", .headers = {{"host", "h"}}};
    const Result<std::string> target =
        presign(request.view(), signer_of("backup"), signed_at(), std::chrono::minutes(9));
    ASSERT_TRUE(target);
    request.target = *target;
    ASSERT_TRUE(accept(request));
    for_each_changed_byte(request, &Owned::target, [](const Owned& changed) {
        EXPECT_FALSE(accept(changed)) << changed.target;
    });
}

}  // namespace
}  // namespace holdfast::net

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/headers.h"
#include "net/sigv4.h"

namespace holdfast::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kDigits(64, 'a');
constexpr std::string_view kCredential = "AKID/20150830/us-east-1/backup/aws4_request";

std::string authorization(std::string_view credential = kCredential,
                          std::string_view names = "host;x-amz-date",
                          std::string_view signature = kDigits) {
    return fmt::format("AWS4-HMAC-SHA256 Credential={}, SignedHeaders={}, Signature={}", credential,
                       names, signature);
}

Headers headers_with(std::string value, std::string date = "20150830T123600Z") {
    return {{"Host", "h"}, {"X-Amz-Date", std::move(date)}, {"Authorization", std::move(value)}};
}

std::expected<SignatureClaim, SignatureRefusal> claim_of(const Headers& headers,
                                                         std::string_view target = "/") {
    return parse_claim({.method = "GET", .target = target, .headers = headers, .body = ""});
}

void expect_refused(const Headers& headers, SignatureFault fault, std::string_view message,
                    std::string_view target = "/") {
    const auto claim = claim_of(headers, target);
    ASSERT_FALSE(claim) << message;
    EXPECT_EQ(claim.error().fault, fault) << claim.error().message;
    EXPECT_THAT(claim.error().message, HasSubstr(message));
}

TEST(SignatureClaim, IsReadFromTheHeader) {
    const auto claim = claim_of(headers_with(authorization()));
    ASSERT_TRUE(claim) << claim.error().message;
    EXPECT_EQ(claim->access_key_id, "AKID");
    EXPECT_EQ(claim->scope,
              (SigV4Scope{.date = "20150830", .region = "us-east-1", .service = "backup"}));
    EXPECT_THAT(claim->signed_headers, ElementsAre("host", "x-amz-date"));
    EXPECT_EQ(claim->signature, kDigits);
    EXPECT_EQ(claim->session_token, "");
    EXPECT_EQ(claim->time, *base::from_rfc3339("2015-08-30T12:36:00Z"));
    EXPECT_FALSE(claim->presigned);
}

TEST(SignatureClaim, MayHaveItsPartsInAnyOrderWithOrWithoutSpaces) {
    const std::string packed =
        fmt::format("AWS4-HMAC-SHA256   Signature={},SignedHeaders=host;x-amz-date,Credential={}",
                    kDigits, kCredential);
    EXPECT_TRUE(claim_of(headers_with(packed)));
}

TEST(SignatureClaim, MayHaveItsTimeInTheDateHeader) {
    for (const char* date : {"Sun, 30 Aug 2015 12:36:00 GMT", "20150830T123600Z"}) {
        const auto claim = claim_of({{"Host", "h"},
                                     {"Date", date},
                                     {"Authorization", authorization(kCredential, "date;host")}});
        ASSERT_TRUE(claim) << claim.error().message;
        EXPECT_EQ(claim->time, *base::from_rfc3339("2015-08-30T12:36:00Z"));
    }
}

TEST(SignatureClaim, IsMissing) {
    expect_refused({{"Host", "h"}}, SignatureFault::Missing, "Missing Authentication Token");
    expect_refused(headers_with(""), SignatureFault::Missing, "Missing Authentication Token");
}

TEST(SignatureClaim, NamesAllPartsThatAreMissing) {
    const auto claim = claim_of({{"Host", "h"}, {"Authorization", "AWS4-HMAC-SHA256"}});
    ASSERT_FALSE(claim);
    EXPECT_EQ(claim.error().fault, SignatureFault::Incomplete);
    EXPECT_THAT(claim.error().message,
                StartsWith("Authorization header requires 'Credential' parameter. Authorization "
                           "header requires 'Signature' parameter. Authorization header requires "
                           "'SignedHeaders' parameter. Authorization header requires existence of "
                           "either a 'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and "
                           "encoded with Base64) Authorization="));
    expect_refused(headers_with("AWS4-HMAC-SHA256 Credential"), SignatureFault::Incomplete,
                   "Invalid key=value pair (missing equal-sign)");
}

TEST(SignatureClaim, CannotBeRead) {
    const auto malformed = [](const std::string& value, std::string_view message) {
        expect_refused(headers_with(value), SignatureFault::Malformed, message);
    };
    malformed("Basic abc", "Unsupported AWS 'algorithm'");
    malformed("AWS4-HMAC-SHA512 Credential=a", "Unsupported AWS 'algorithm'");
    malformed(authorization() + ", Signature=" + kDigits, "unknown or repeated");
    malformed(authorization() + ", Extra=1", "unknown or repeated");
    malformed(authorization("AKID/20150830/us-east-1/aws4_request"), "exactly 5 slash-delimited");
    malformed(authorization("A-B/20150830/us-east-1/backup/aws4_request"), "access key ID");
    malformed(authorization("/20150830/us-east-1/backup/aws4_request"), "access key ID");
    malformed(authorization("AKID/2015083/us-east-1/backup/aws4_request"), "yyyymmdd");
    malformed(authorization(kCredential, ""), "lower-case header names");
    malformed(authorization(kCredential, "Host;x-amz-date"), "lower-case header names");
    malformed(authorization(kCredential, "host;;x-amz-date"), "lower-case header names");
    malformed(authorization(kCredential, "x-amz-date;host"), "sorted");
    malformed(authorization(kCredential, "host;host;x-amz-date"), "once");
    malformed(authorization(kCredential, "host;x-amz-date", kDigits.substr(1)), "64 hexadecimal");
    malformed(authorization(kCredential, "host;x-amz-date", std::string(64, 'A')),
              "64 hexadecimal");
    expect_refused(headers_with(authorization(), "2015-08-30"), SignatureFault::Malformed,
                   "basic format");
    expect_refused(headers_with(authorization(), "20150230T123600Z"), SignatureFault::Malformed,
                   "basic format");
}

TEST(SignatureClaim, HasOneScopeThatFits) {
    const auto badly_scoped = [](const std::string& credential, std::string_view message) {
        expect_refused(headers_with(authorization(credential)), SignatureFault::BadScope, message);
    };
    badly_scoped("AKID/20150829/us-east-1/backup/aws4_request",
                 "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
                 "from HTTP: '20150829' != '20150830', from '20150830T123600Z'.");
    badly_scoped("AKID/20150830//backup/aws4_request", "valid region");
    badly_scoped("AKID/20150830/us east/backup/aws4_request", "valid region");
    badly_scoped("AKID/20150830/us-east-1//aws4_request", "correct service");
    badly_scoped("AKID/20150830/us-east-1/backup/aws4", "valid terminator");
}

TEST(SignatureClaim, CoversHostAndEveryAmzHeader) {
    expect_refused(headers_with(authorization(kCredential, "x-amz-date")), SignatureFault::Unsigned,
                   "'Host' or ':authority' must be a 'SignedHeader'");
    expect_refused(headers_with(authorization(kCredential, "host")), SignatureFault::Unsigned,
                   "There were headers present in the request which were not signed: x-amz-date");
    Headers more = headers_with(authorization());
    more.emplace_back("X-AMZ-Copy-Source", "x");
    expect_refused(more, SignatureFault::Unsigned, "not signed: x-amz-copy-source");
    expect_refused(headers_with(authorization(kCredential, "accept;host;x-amz-date")),
                   SignatureFault::Unsigned, "'accept' is named in SignedHeaders");
}

TEST(SignatureClaim, StandsOnceInARequest) {
    Headers twice = headers_with(authorization());
    twice.emplace_back("authorization", authorization());
    expect_refused(twice, SignatureFault::Malformed, "more than one 'authorization' header");
    Headers dates = headers_with(authorization());
    dates.emplace_back("x-amz-date", "20150830T123600Z");
    expect_refused(dates, SignatureFault::Malformed, "more than one 'x-amz-date' header");
    expect_refused(headers_with(authorization()), SignatureFault::Malformed, "signed twice",
                   "/?X-Amz-Signature=a");
}

TEST(SignatureClaim, HasBounds) {
    const std::string many = [] {
        std::string names = "a000";
        for (int i = 1; i < 200; ++i) names += fmt::format(";a{:03}", i);
        return names;
    }();
    expect_refused(headers_with(authorization(kCredential, many)), SignatureFault::Malformed,
                   "more than 100 names");
    expect_refused(headers_with(authorization(std::string(17u << 10u, 'A'))),
                   SignatureFault::Malformed, "too long");
    expect_refused(
        headers_with(authorization(std::string(129, 'A') + "/20150830/r/s/aws4_request")),
        SignatureFault::Malformed, "access key ID");
    expect_refused(headers_with(authorization()), SignatureFault::Malformed, "too long",
                   "/" + std::string(64u << 10u, 'a'));
    std::string crowd = "/?";
    for (int i = 0; i < 1001; ++i) crowd += "a&";
    expect_refused(headers_with(authorization()), SignatureFault::Malformed, "1000", crowd);
    expect_refused(headers_with(authorization()), SignatureFault::Malformed, "cannot be read",
                   "/?a=%zz");
    Headers token = headers_with(authorization());
    token.emplace_back("X-Amz-Security-Token", std::string(17u << 10u, 'a'));
    expect_refused(token, SignatureFault::Malformed, "token is too long");
}

std::string presigned(std::string_view leave_out = "", std::string_view expires = "60") {
    std::string target = "/?a=b";
    const Headers parameters = {
        {"X-Amz-Algorithm", "AWS4-HMAC-SHA256"}, {"X-Amz-Credential", std::string(kCredential)},
        {"X-Amz-Date", "20150830T123600Z"},      {"X-Amz-Expires", std::string(expires)},
        {"X-Amz-SignedHeaders", "host"},         {"X-Amz-Signature", kDigits}};
    for (const auto& [name, value] : parameters) {
        if (name != leave_out) target += fmt::format("&{}={}", name, value);
    }
    return target;
}

TEST(PresignedClaim, IsReadFromTheQuery) {
    const auto claim = claim_of({{"Host", "h"}}, presigned() + "&X-Amz-Security-Token=a%2Bb");
    ASSERT_TRUE(claim) << claim.error().message;
    EXPECT_TRUE(claim->presigned);
    EXPECT_EQ(claim->expires, std::chrono::minutes(1));
    EXPECT_EQ(claim->session_token, "a+b");
    EXPECT_THAT(claim->signed_headers, ElementsAre("host"));
}

TEST(PresignedClaim, NamesWhatIsMissing) {
    for (const char* name : {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
                             "X-Amz-SignedHeaders", "X-Amz-Signature"}) {
        expect_refused({{"Host", "h"}}, SignatureFault::Incomplete,
                       fmt::format("AWS query-string parameters must include '{}'.", name),
                       presigned(name));
    }
}

TEST(PresignedClaim, RefusesRepeatedParametersAndOtherAlgorithms) {
    expect_refused({{"Host", "h"}}, SignatureFault::Malformed, "more than one 'X-Amz-Date'",
                   presigned() + "&X-Amz-Date=20150830T123600Z");
    expect_refused({{"Host", "h"}}, SignatureFault::Malformed, "Unsupported AWS 'algorithm'",
                   presigned("X-Amz-Algorithm") + "&X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256");
}

TEST(PresignedClaim, IsGoodForAWeekAtMost) {
    for (const char* expires : {"0", "-1", "604801", "99999999999999999999", "", "1x", "+5"}) {
        expect_refused({{"Host", "h"}}, SignatureFault::Malformed,
                       "X-Amz-Expires must be a number from 1 to 604800", presigned("", expires));
    }
    EXPECT_TRUE(claim_of({{"Host", "h"}}, presigned("", "604800")));
}

}  // namespace
}  // namespace holdfast::net

#include "net/http_error.h"

#include <curl/curl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509_vfy.h>

#include "net/url.h"

namespace holdfast::net {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Error error_of(BrokenTransfer broken, const HttpOptions& options = {}) {
    return to_failure(broken, *Url::parse("https://c:6443"), options).error;
}

TEST(HttpError, TellsWhyACertificateIsRefused) {
    const struct {
        long verdict;
        const char* words;
    } cases[] = {
        {.verdict = X509_V_ERR_CERT_HAS_EXPIRED,
         .words = "the certificate of https://c:6443 has expired; renew it"},
        {.verdict = X509_V_ERR_CERT_NOT_YET_VALID,
         .words = "is not valid yet; check this machine's clock"},
        {.verdict = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
         .words = "the certificate of https://c:6443 is not signed by the test's authority; check"},
        {.verdict = X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, .words = "is not signed by"},
        {.verdict = X509_V_ERR_UNSPECIFIED, .words = "is for another name (no alternative name)"},
        {.verdict = X509_V_ERR_CERT_REVOKED, .words = "is refused: certificate revoked"},
    };
    for (const auto& [verdict, words] : cases) {
        const Error error = error_of({.code = CURLE_PEER_FAILED_VERIFICATION,
                                      .verify_result = verdict,
                                      .detail = "no alternative name"},
                                     {.ca_name = "the test's authority"});
        EXPECT_EQ(error.code, ErrorCode::InvalidArgument);
        EXPECT_THAT(error.message, HasSubstr(words));
    }
}

TEST(HttpError, TellsAServerThatIsSlowFromOneThatIsNotThere) {
    EXPECT_THAT(error_of({.code = CURLE_OPERATION_TIMEDOUT}).message,
                StartsWith("cannot connect to https://c:6443: no answer in time"));
    const Error slow = error_of({.code = CURLE_OPERATION_TIMEDOUT, .sent = true, .detail = "slow"});
    EXPECT_EQ(slow.code, ErrorCode::Timeout);
    EXPECT_THAT(slow.message, HasSubstr("did not answer in time (slow)"));
}

TEST(HttpError, IsRetryableWhenTheConnectionOrTheHandshakeBroke) {
    for (const int code : {CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING,
                           CURLE_SSL_CONNECT_ERROR, CURLE_HTTP2, CURLE_PARTIAL_FILE}) {
        EXPECT_TRUE(error_of({.code = code}).retryable()) << code;
    }
    for (const int code : {CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE}) {
        EXPECT_FALSE(error_of({.code = code}).retryable()) << code;
    }
}

}  // namespace
}  // namespace holdfast::net

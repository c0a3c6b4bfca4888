#include "net/certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <chrono>
#include <ctime>
#include <memory>

namespace holdfast::net {
namespace {

constexpr std::size_t kMaxPemBytes = 4u << 20u;

Result<base::Time> to_time(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) {
        return fail(ErrorCode::InvalidArgument, "a certificate has no valid time");
    }
    const auto date = std::chrono::year(parts.tm_year + 1900) /
                      std::chrono::month(static_cast<unsigned>(parts.tm_mon + 1)) /
                      std::chrono::day(static_cast<unsigned>(parts.tm_mday));
    return std::chrono::sys_days(date) + std::chrono::hours(parts.tm_hour) +
           std::chrono::minutes(parts.tm_min) + std::chrono::seconds(parts.tm_sec);
}

}  // namespace

Result<CertificateFacts> read_certificate(std::string_view pem) {
    if (pem.size() > kMaxPemBytes) {
        return fail(ErrorCode::InvalidArgument, "a certificate of {} bytes is too long",
                    pem.size());
    }
    const std::unique_ptr<BIO, decltype(&BIO_free)> text(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr), &X509_free);
    if (!certificate) {
        ERR_clear_error();
        return fail(ErrorCode::InvalidArgument, "there is no certificate in PEM form");
    }
    std::array<char, 512> subject{};
    X509_NAME_oneline(X509_get_subject_name(certificate.get()), subject.data(),
                      static_cast<int>(subject.size()));
    return CertificateFacts{
        .subject = subject.data(),
        .not_before = TRY(to_time(X509_get0_notBefore(certificate.get()))),
        .not_after = TRY(to_time(X509_get0_notAfter(certificate.get()))),
    };
}

}  // namespace holdfast::net

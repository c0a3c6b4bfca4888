#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace holdfast::net {

struct CertificateFacts {
    std::string subject;
    base::Time not_before;
    base::Time not_after;
};

/// What the first certificate in PEM text says; InvalidArgument when there is none.
Result<CertificateFacts> read_certificate(std::string_view pem);

}  // namespace holdfast::net

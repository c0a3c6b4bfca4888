#pragma once

#include <string>

namespace holdfast::net {

/// A certificate for 127.0.0.1 that is signed with its own key, and that key, in PEM form.
struct TestCertificate {
    std::string certificate_pem;
    std::string key_pem;
};
TestCertificate make_test_certificate();

}  // namespace holdfast::net

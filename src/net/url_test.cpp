#include "net/url.h"

#include <gtest/gtest.h>

namespace holdfast::net {
namespace {

TEST(Url, KnowsItsParts) {
    const auto url = Url::parse("HTTPS://u%40:p%3A@Example.com:8443/prefix/");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->scheme, "https");
    EXPECT_EQ(url->user, "u@");
    EXPECT_EQ(url->password, "p:");
    EXPECT_EQ(url->host, "Example.com");
    EXPECT_EQ(url->port, 8443);
    EXPECT_EQ(url->path, "/prefix");
    EXPECT_EQ(url->text(), "https://Example.com:8443/prefix");
}

TEST(Url, HasThePortOfItsScheme) {
    EXPECT_EQ(Url::parse("https://a")->authority(), "a:443");
    EXPECT_EQ(Url::parse("http://a/")->authority(), "a:80");
    EXPECT_EQ(Url::parse("socks5://a")->authority(), "a:1080");
    EXPECT_EQ(Url::parse("https://a:443")->text(), "https://a");
}

TEST(Url, TakesAddressesOfIpVersion6) {
    const auto url = Url::parse("https://[::1]:6443");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->host, "::1");
    EXPECT_EQ(url->text(), "https://[::1]:6443");
    EXPECT_TRUE(url->is_loopback());
    EXPECT_EQ(Url::parse("https://[fe80::1]")->text(), "https://[fe80::1]");
}

TEST(Url, RefusesWhatIsNone) {
    for (const char* text : {"",
                             "a",
                             "a:1",
                             "//a",
                             "ftp://a",
                             "https://",
                             "https://:1",
                             "https://a:",
                             "https://a:0",
                             "https://a:65536",
                             "https://a:1x",
                             "https://a b",
                             "https://a/?q",
                             "https://a#f",
                             "https://[::1",
                             "https://[::1]x",
                             "https://a\n",
                             "https://a%zz@b",
                             "https://a/b\tc",
                             "https://a\"b",
                             "https://user:secret@a:b"}) {
        const auto url = Url::parse(text);
        ASSERT_FALSE(url) << text;
        EXPECT_EQ(url.error().message.find("secret"), std::string::npos);
    }
}

TEST(Url, EncodesForPathsAndQueries) {
    EXPECT_EQ(percent_encode("system:a/b%c d~"), "system%3Aa%2Fb%25c%20d~");
    EXPECT_EQ(*percent_decode("system%3aa%2Fb"), "system:a/b");
    EXPECT_FALSE(percent_decode("%"));
    EXPECT_FALSE(percent_decode("%a"));
    EXPECT_FALSE(percent_decode("%ag"));
    EXPECT_EQ(query_string({{"a", "x=y&z"}, {"b", ""}}), "a=x%3Dy%26z&b=");
}

}  // namespace
}  // namespace holdfast::net

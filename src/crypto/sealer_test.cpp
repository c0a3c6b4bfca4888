#include "crypto/sealer.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace holdfast::crypto {
namespace {

class SealerTest : public testing::Test {
protected:
    base::SeededRandom random_{1};
    Sealer sealer_{Key::random(random_), random_};
};

TEST_F(SealerTest, OpensWhatItSealed) {
    for (const std::string& text : {std::string(), std::string("secret"), std::string(5000, 'x')})
        EXPECT_EQ(sealer_.open("token", "row 1", sealer_.seal("token", "row 1", text)), text);
}

TEST_F(SealerTest, SealsForOnePurposeAndContext) {
    const std::string sealed = sealer_.seal("token", "row 1", "secret");
    EXPECT_FALSE(sealer_.open("secret", "row 1", sealed));
    EXPECT_FALSE(sealer_.open("token", "row 2", sealed));
    const Sealer other(Key::random(random_), random_);
    EXPECT_FALSE(other.open("token", "row 1", sealed));
}

TEST_F(SealerTest, NeverSealsTheSameTwice) {
    EXPECT_NE(sealer_.seal("token", "row 1", "secret"), sealer_.seal("token", "row 1", "secret"));
}

TEST_F(SealerTest, RefusesEveryChange) {
    const std::string sealed = sealer_.seal("token", "row 1", "secret");
    // The last character may carry bits that mean nothing.
    for (std::size_t i = 0; i + 1 < sealed.size(); ++i) {
        std::string changed = sealed;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(sealer_.open("token", "row 1", changed)) << i;
    }
    for (std::string_view bad : {"", "A", "!!!!", "AAAA"})
        EXPECT_FALSE(sealer_.open("token", "row 1", bad));
    EXPECT_FALSE(sealer_.open("token", "row 1", sealed.substr(0, sealed.size() - 4)));
}

}  // namespace
}  // namespace holdfast::crypto

#include "app/unmatched.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<std::string> kNamespaces = {"default", "shop", "team-a"};

TEST(Unmatched, IsSilentAboutWhatThePointHas) {
    engine::RestoreOptions options;
    options.selection.namespaces = {"shop", "team-*"};
    options.selection.excluded_namespaces = {"default"};
    options.mappings.namespaces = {{"shop", "shop-test"}};
    EXPECT_THAT(unmatched_namespaces(options, kNamespaces), IsEmpty());
}

TEST(Unmatched, NamesEveryWordWithWhatWasMeant) {
    engine::RestoreOptions options;
    options.selection.namespaces = {"shp", "shop"};
    options.selection.excluded_namespaces = {"none-*"};
    options.mappings.namespaces = {{"defaut", "x"}};
    EXPECT_THAT(unmatched_namespaces(options, kNamespaces),
                ElementsAre("-n shp matches no namespace of the point. Did you mean 'shop'?",
                            "--exclude-namespace none-* matches no namespace of the point; it has "
                            "default, shop, team-a",
                            "--map-namespace defaut=x matches no namespace of the point. Did you "
                            "mean 'default'?"));
}

TEST(Unmatched, ListsAFewNamespacesOnly) {
    std::vector<std::string> many;
    for (int i = 0; i < 25; ++i) many.push_back(fmt::format("namespace-{:03}", i));
    engine::RestoreOptions options;
    options.selection.namespaces = {"shop"};
    EXPECT_THAT(unmatched_namespaces(options, many), ElementsAre(HasSubstr("and 15 more")));
}

}  // namespace
}  // namespace holdfast::app

#include "engine/rules/answers.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace holdfast::engine::rules {
namespace {

TEST(Refusals, TellAnExistingNameFromAChangedObject) {
    EXPECT_EQ(classify_refusal(409, "AlreadyExists", "x already exists", false), Refusal::Exists);
    EXPECT_EQ(classify_refusal(409, "Conflict", "the object has been modified", false),
              Refusal::Conflict);
}

TEST(Refusals, KnowImmutableFieldsByTheServersWords) {
    for (const char* words :
         {"Deployment.apps \"a\" is invalid: spec.selector: Invalid value: field is immutable",
          "Service \"a\" is invalid: spec.clusterIPs[0]: Invalid value: may not change once set",
          "StatefulSet is invalid: spec: Forbidden: updates to statefulset spec for fields other",
          "Pod is invalid: spec: Forbidden: pod updates may not change fields other than",
          "RoleBinding is invalid: roleRef: Invalid value: cannot change roleRef",
          "ConfigMap is invalid: data: Forbidden: field is immutable when `immutable` is set"})
        EXPECT_EQ(classify_refusal(422, "Invalid", words, false), Refusal::Immutable) << words;
    EXPECT_EQ(classify_refusal(422, "Invalid", "spec.replicas: must be greater than 0", false),
              Refusal::Final);
}

TEST(Refusals, WaitForWebhooksAndQuotaControllers) {
    EXPECT_EQ(classify_refusal(500, "InternalError",
                               "failed calling webhook \"a\": connection refused", false),
              Refusal::NotYet);
    EXPECT_EQ(classify_refusal(403, "Forbidden", "status unknown for quota: q", false),
              Refusal::NotYet);
    EXPECT_EQ(
        classify_refusal(400, "BadRequest", "admission webhook \"a\" denied the request", false),
        Refusal::Final);
}

TEST(Refusals, KnowWhatIsLookedAtBeforeNames) {
    EXPECT_EQ(classify_refusal(403, "Forbidden", "exceeded quota: q", false), Refusal::Forbidden);
    EXPECT_EQ(classify_refusal(403, "Forbidden",
                               "namespaces is forbidden: User \"u\" cannot create resource", false),
              Refusal::Forbidden);
    EXPECT_EQ(classify_refusal(404, "NotFound", "namespaces \"a\" not found", false),
              Refusal::NamespaceMissing);
    EXPECT_EQ(classify_refusal(404, "NotFound", "roles \"a\" not found", false), Refusal::Final);
}

TEST(Refusals, KnowATerminatingNamespace) {
    EXPECT_EQ(classify_refusal(403, "Forbidden", "being terminated", true), Refusal::Terminating);
}

TEST(Refusals, KnowWhatADryRunCannotAsk) {
    EXPECT_EQ(classify_refusal(400, "BadRequest",
                               "admission webhook \"a\" does not support dry run", false),
              Refusal::DryRunUnsupported);
    EXPECT_EQ(classify_refusal(403, "Forbidden",
                               "admission webhook \"a\" denied the request: this webhook does not "
                               "support dry run",
                               false),
              Refusal::DryRunUnsupported);
    EXPECT_EQ(classify_refusal(403, "Forbidden", "a dry run of \"a\" is denied", false),
              Refusal::Forbidden);
}

TEST(Refusals, KnowWhatAStrictReaderStumblesOver) {
    EXPECT_EQ(strict_decoding_error(400,
                                    "Pod in version \"v1\" cannot be handled as a Pod: strict "
                                    "decoding error: unknown field \"spec.x\""),
              "unknown field \"spec.x\"");
    EXPECT_EQ(strict_decoding_error(400, "the object provided is unrecognized"), "");
    EXPECT_EQ(strict_decoding_error(422, "strict decoding error: unknown field"), "");
}

TEST(Refusals, KnowOwnersThatNeedMoreRights) {
    EXPECT_EQ(classify_refusal(403, "Forbidden",
                               "cannot set blockOwnerDeletion if an ownerReference refers", false),
              Refusal::OwnerNotAllowed);
}

TEST(Refusals, KnowATakenNodePort) {
    EXPECT_EQ(classify_refusal(422, "Invalid",
                               "spec.ports[0].nodePort: provided port is already allocated", false),
              Refusal::NodePortTaken);
}

TEST(FieldManager, ShowsWhoWroteAnObject) {
    Json live = *base::parse_json(
        R"({"metadata":{"managedFields":[{"manager":"kubectl"},{"manager":"holdfast-1"}]}})");
    EXPECT_TRUE(was_written_by(live, "holdfast-1"));
    EXPECT_FALSE(was_written_by(live, "holdfast-2"));
    EXPECT_FALSE(was_written_by(Json::object(), "holdfast-1"));
}

}  // namespace
}  // namespace holdfast::engine::rules

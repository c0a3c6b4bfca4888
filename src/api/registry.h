#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "api/api_error.h"
#include "api/call.h"
#include "api/shape.h"
#include "base/json.h"

namespace holdfast::api {

/// What is asked for permission: an action on a resource of an account, and what a vault's own
/// policy says to it.
struct Target {
    std::string action;  ///< empty: that of the operation, such as "backup:CreateBackupVault"
    std::string resource = "*";
    std::string owner = {};  ///< the resource's account; empty when it is the caller's
    /// Tags that the request gives, for aws:RequestTag.
    std::map<std::string, std::string> request_tags = {};
    /// Of iam:PassRole: the service that gets the role.
    std::optional<std::string> passed_to = std::nullopt;
    /// The resource's own policy, where it has one.
    std::optional<std::string> policy = std::nullopt;
};

/// The target of an action that has no resource of its own.
Answer<std::vector<Target>> on_everything();

/// How an operation is done, its types forgotten.
struct Handler {
    /// What has to be allowed before it runs, every one of them.
    std::function<Answer<std::vector<Target>>(const Call&, const Json&)> targets;
    std::function<Answer<Json>(const Call&, const Json&)> run;
};

/// Which operations are built, and how each is done.
class Registry {
public:
    /// `Op` is a generated operation type. `targets(call, input)` and `run(call, input)` take its
    /// Input; `run` gives an Answer of its Output. Callable from any thread at once.
    template <class Op, class Targets, class Run>
    void on(Targets targets, Run run) {
        using Input = typename Op::Input;
        add(Op::operation(),
            {.targets = [targets](const Call& call, const Json& json)
                 -> Answer<std::vector<Target>> { return targets(call, typed<Input>(json)); },
             .run = [run](const Call& call, const Json& json) -> Answer<Json> {
                 auto output = run(call, typed<Input>(json));
                 if (!output) return std::unexpected(std::move(output).error());
                 return written(*output);
             }});
    }

    /// nullptr for an operation that is not built.
    const Handler* find(const Operation& operation) const;

private:
    template <class Input>
    static Input typed(const Json& json) {
        Input input{};
        if constexpr (!std::is_same_v<Input, Nothing>) read(json, input);
        return input;
    }
    static Json written(const Nothing&) { return no_members(); }
    template <class Output>
    static Json written(const Output& output) {
        return write(output);
    }
    static Json no_members();
    void add(const Operation& operation, Handler handler);

    std::map<const Operation*, Handler> handlers_;
};

}  // namespace holdfast::api

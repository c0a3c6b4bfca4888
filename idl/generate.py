#!/usr/bin/env python3
"""Makes typed C++ of an interface: requests, answers, and the tables that parsing, validation, serialisation and
routing read.

    python3 idl/generate.py idl/backup.json NAMESPACE OUTPUT_FOLDER

writes NAMESPACE.h and NAMESPACE.cpp. The tables' types are in src/api/shape.h.
"""

import json
import pathlib
import re
import sys

SCALARS = {"string": "std::string", "boolean": "bool", "integer": "std::int64_t", "long": "std::int64_t",
           "timestamp": "base::Time"}
KINDS = {"string": "String", "boolean": "Boolean", "integer": "Integer", "long": "Integer", "timestamp": "Timestamp",
         "list": "List", "map": "Map", "structure": "Structure"}
PLACES = {"uri": "Path", "query": "Query"}
KEYWORDS = {"default", "delete", "operator", "export", "union", "register", "template", "public", "private"}


def snake(name):
    """BackupVaultName -> backup_vault_name, SNSTopicArn -> sns_topic_arn."""
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name))
    result = words.replace("-", "_").lower()
    return result + "_" if result in KEYWORDS else result


def type_name(shape):
    return shape[0].upper() + shape[1:]


def quoted(text):
    return json.dumps(text, ensure_ascii=True)


class Interface:
    def __init__(self, path, namespace):
        self.model = json.loads(pathlib.Path(path).read_text())
        self.shapes = self.model["shapes"]
        self.namespace = namespace
        self.typed = {name: operation for name, operation in self.model["operations"].items() if "errors" in operation}
        self.errors = sorted({error for operation in self.typed.values() for error in operation["errors"]})
        self.ordered = self.order()
        self.index = {name: number for number, name in enumerate(self.ordered)}

    def parts(self, name):
        shape = self.shapes[name]
        return [member["shape"] for member in shape.get("members", {}).values()] + \
               [shape[part] for part in ("member", "key", "value") if part in shape]

    def order(self):
        """Every shape after those that it consists of: C++ needs them declared. Errors are tables of their own."""
        done = {}

        def visit(name, above):
            if name in above:
                sys.exit(f"{name} contains itself; structures are values here")
            if name not in done:
                for part in self.parts(name):
                    visit(part, above | {name})
                done[name] = True

        for name in sorted(self.shapes):
            if not self.shapes[name].get("exception"):
                visit(name, frozenset())
        return list(done)

    def cpp_type(self, name):
        shape = self.shapes[name]
        kind = shape["type"]
        if kind == "structure":
            return type_name(name)
        if kind == "list":
            return f"std::vector<{self.cpp_type(shape['member'])}>"
        if kind == "map":
            return f"std::map<std::string, {self.cpp_type(shape['value'])}>"
        return SCALARS[kind]

    def member_type(self, structure, name, member):
        plain = self.cpp_type(member["shape"])
        return plain if name in self.shapes[structure].get("required", []) else f"std::optional<{plain}>"

    def structures(self):
        return [name for name in self.ordered if self.shapes[name]["type"] == "structure"]

    # --- the header

    def header(self):
        lines = ["#pragma once", "", "#include <cstdint>", "#include <map>", "#include <optional>", "#include <string>",
                 "#include <vector>", "", '#include "api/shape.h"', '#include "base/clock.h"', '#include "base/json.h"', "",
                 f"namespace holdfast::api::{self.namespace} {{", "", "extern const Service kService;", ""]
        for name in self.structures():
            lines += self.structure(name)
        for name, operation in self.typed.items():
            lines += self.operation_type(name, operation)
        return "\n".join(lines + [f"}}  // namespace holdfast::api::{self.namespace}", ""])

    def structure(self, name):
        lines = [f"struct {type_name(name)} {{"]
        for member, facts in self.shapes[name]["members"].items():
            declared = self.member_type(name, member, facts)
            plain = declared in ("std::int64_t", "bool")
            lines.append(f"    {declared} {snake(member)}{'{}' if plain else ''};")
        return lines + ["};", f"void read(const Json& from, {type_name(name)}& into);",
                        f"Json write(const {type_name(name)}& value);", ""]

    def operation_type(self, name, operation):
        return [f"struct {name} {{",
                f"    using Input = {type_name(operation['input']) if 'input' in operation else 'Nothing'};",
                f"    using Output = {type_name(operation['output']) if 'output' in operation else 'Nothing'};",
                "    static const Operation& operation();", "};", ""]

    # --- the tables

    def source(self):
        lines = [f'#include "api/{self.namespace}.h"', "", "#include <array>", "#include <nlohmann/json.hpp>", "",
                 '#include "api/codec.h"', "", f"namespace holdfast::api::{self.namespace} {{", "", "namespace {", ""]
        for name in self.ordered:
            lines += self.members_table(name)
        lines += ["constexpr std::array<Shape, %d> kShapes = {{" % len(self.ordered)]
        lines += [f"    {self.shape_row(name)}," for name in self.ordered] + ["}};", ""]
        lines += self.error_table() + self.operation_table()
        lines += ["}  // namespace", ""] + self.service()
        for name in self.structures():
            lines += self.conversions(name)
        for number, name in enumerate(self.model["operations"]):
            if name in self.typed:
                lines += [f"const Operation& {name}::operation() {{ return kOperations[{number}]; }}"]
        return "\n".join(lines + ["", f"}}  // namespace holdfast::api::{self.namespace}", ""])

    def members_table(self, name):
        shape = self.shapes[name]
        lines = []
        if shape.get("enum"):
            values = ", ".join(quoted(value) for value in shape["enum"])
            lines += [f"constexpr std::array<std::string_view, {len(shape['enum'])}> kValues{self.index[name]} = {{{values}}};"]
        if shape["type"] == "structure" and shape["members"]:
            lines += [f"constexpr std::array<Member, {len(shape['members'])}> kMembers{self.index[name]} = {{{{"]
            for member, facts in shape["members"].items():
                required = "true" if member in shape.get("required", []) else "false"
                lines.append(f"    {{.name = {quoted(member)}, .wire = {quoted(facts.get('name', member))}, "
                             f".shape = {self.index[facts['shape']]}, .place = Place::{PLACES.get(facts.get('in'), 'Body')}, "
                             f".required = {required}}},")
            lines += ["}};"]
        return lines

    def shape_row(self, name):
        shape = self.shapes[name]
        parts = [f".name = {quoted(name)}", f".kind = Kind::{KINDS[shape['type']]}"]
        if shape.get("sensitive"):
            parts.append(".sensitive = true")
        for bound in ("min", "max"):
            if bound in shape:
                parts.append(f".{bound} = {shape[bound]}")
        if "pattern" in shape:
            parts.append(f".pattern = {quoted(shape['pattern'])}")
        if shape.get("enum"):
            parts.append(f".values = kValues{self.index[name]}")
        if shape.get("members"):
            parts.append(f".members = kMembers{self.index[name]}")
        for part, field in (("member", "element"), ("value", "element"), ("key", "key")):
            if part in shape:
                parts.append(f".{field} = {self.index[shape[part]]}")
        return "{" + ", ".join(parts) + "}"

    def error_table(self):
        lines = [f"constexpr std::array<ErrorShape, {len(self.errors)}> kErrors = {{{{"]
        for name in self.errors:
            shape = self.shapes[name]
            status = shape.get("status", 500 if shape.get("fault") else 400)
            lines.append(f"    {{.name = {quoted(name)}, .code = {quoted(shape.get('code') or name)}, .status = {status}}},")
        lines += ["}};"]
        for name, operation in self.typed.items():
            numbers = ", ".join(str(self.errors.index(error)) for error in sorted(operation["errors"]))
            lines.append(f"constexpr std::array<std::uint16_t, {len(operation['errors'])}> kErrorsOf{name} = {{{numbers}}};")
        return lines + [""]

    def operation_table(self):
        operations = self.model["operations"]
        lines = [f"constexpr std::array<Operation, {len(operations)}> kOperations = {{{{"]
        for name, operation in operations.items():
            parts = [f".service = &kService, .name = {quoted(name)}, .method = {quoted(operation['method'])}",
                     f".path = {quoted(operation['path'])}", f".status = {operation.get('status', 200)}"]
            if name in self.typed:
                parts.append(".typed = true")
                for side in ("input", "output"):
                    if side in operation:
                        parts.append(f".{side} = {self.index[operation[side]]}")
                parts.append(f".errors = kErrorsOf{name}")
                if "wrapper" in operation:
                    parts.append(f".wrapper = {quoted(operation['wrapper'])}")
            lines.append("    {" + ", ".join(parts) + "},")
        return lines + ["}};", ""]

    def service(self):
        protocol = {"rest-json": "RestJson", "query": "Query"}[self.model["protocol"]]
        return ["const Service kService = {", f"    .name = {quoted(self.model['service'])},",
                f"    .signing_name = {quoted(self.model['signingName'])},", f"    .protocol = Protocol::{protocol},",
                f"    .api_version = {quoted(self.model['apiVersion'])},",
                f"    .xml_namespace = {quoted(self.model.get('xmlNamespace', ''))},",
                "    .shapes = kShapes,", "    .errors = kErrors,", "    .operations = kOperations};", ""]

    def conversions(self, name):
        members = self.shapes[name]["members"]
        used = ("from", "into") if members else ("/*from*/", "/*into*/")
        lines = [f"void read(const Json& {used[0]}, {type_name(name)}& {used[1]}) {{"]
        lines += [f"    codec::take(from, {quoted(member)}, into.{snake(member)});" for member in members]
        value = "value" if members else "/*value*/"
        lines += ["}", f"Json write(const {type_name(name)}& {value}) {{", "    Json into = Json::object();"]
        lines += [f"    codec::put(into, {quoted(member)}, value.{snake(member)});" for member in members]
        return lines + ["    return into;", "}", ""]


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    path, namespace, folder = sys.argv[1:]
    interface = Interface(path, namespace)
    out = pathlib.Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    for suffix, text in ((".h", interface.header()), (".cpp", interface.source())):
        file = out / (namespace + suffix)
        # A file that did not change keeps its time, so that nothing is compiled for nothing.
        if not file.exists() or file.read_text() != text:
            file.write_text(text)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Distills the interfaces of AWS services into data files: facts only, no prose.

Reads the service models of a botocore package (a folder `botocore/data`, or a wheel) and writes `{service}.json` beside
this file. Of every operation the name and the route are kept; shapes only of those named in `operations.txt`, which are
the ones that get types. `corrections.json` is merged over the result: where the models and the services differ.

    python3 idl/distill.py PATH_TO_WHEEL_OR_DATA_FOLDER
"""

import gzip
import json
import pathlib
import sys
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
MODELS = {"backup": "2018-11-15", "eks": "2017-11-01", "iam": "2010-05-08", "sts": "2011-06-15"}
# What the generator reads of a shape; everything else is prose or hints for other generators.
KEPT = ("type", "required", "pattern", "min", "max", "enum", "sensitive", "exception", "fault")
PLACES = {"uri": "uri", "querystring": "query", "header": "header", "headers": "headers", "statusCode": "status"}


def load(source, service, version):
    name = f"{service}/{version}/service-2.json.gz"
    if source.is_dir():
        return json.loads(gzip.decompress((source / name).read_bytes()))
    with zipfile.ZipFile(source) as wheel:
        return json.loads(gzip.decompress(wheel.read(f"botocore/data/{name}")))


def distill_member(member):
    kept = {"shape": member["shape"]}
    if "location" in member:
        kept["in"] = PLACES[member["location"]]
    if "locationName" in member:
        kept["name"] = member["locationName"]
    if member.get("idempotencyToken"):
        kept["token"] = True
    return kept


def distill_shape(shape):
    kept = {key: shape[key] for key in KEPT if key in shape}
    if shape["type"] == "structure":
        kept["members"] = {name: distill_member(member) for name, member in shape.get("members", {}).items()}
    if shape["type"] == "list":
        kept["member"] = shape["member"]["shape"]
    if shape["type"] == "map":
        kept["key"], kept["value"] = shape["key"]["shape"], shape["value"]["shape"]
    if "error" in shape:
        kept["code"] = shape["error"].get("code", "")
        kept["status"] = shape["error"]["httpStatusCode"]
    return kept


def distill_operation(operation):
    kept = {"method": operation["http"]["method"], "path": operation["http"]["requestUri"]}
    if operation["http"].get("responseCode", 200) != 200:
        kept["status"] = operation["http"]["responseCode"]
    for side in ("input", "output"):
        if side in operation:
            kept[side] = operation[side]["shape"]
            if "resultWrapper" in operation[side]:
                kept["wrapper"] = operation[side]["resultWrapper"]
    kept["errors"] = [error["shape"] for error in operation.get("errors", [])]
    return kept


def reached(shapes, names):
    """Every shape that the named ones consist of."""
    waiting, found = list(names), set()
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        shape = shapes[name]
        waiting += [member["shape"] for member in shape.get("members", {}).values()]
        waiting += [shape[part]["shape"] for part in ("member", "key", "value") if part in shape]
    return found


def distill(model, service, typed):
    metadata = model["metadata"]
    operations = {name: distill_operation(operation) for name, operation in model["operations"].items()}
    unknown = typed - operations.keys()
    if unknown:
        sys.exit(f"operations.txt: {service} has no operation {sorted(unknown)}")
    roots = []
    for name, operation in operations.items():
        if name in typed:
            roots += [operation[side] for side in ("input", "output") if side in operation] + operation["errors"]
        else:
            operations[name] = {key: operation[key] for key in ("method", "path")}
    shapes = {name: distill_shape(model["shapes"][name]) for name in sorted(reached(model["shapes"], roots))}
    result = {"service": service, "signingName": metadata.get("signingName", metadata["endpointPrefix"]),
              "protocol": metadata["protocol"], "apiVersion": metadata["apiVersion"]}
    if "xmlNamespace" in metadata:
        result["xmlNamespace"] = metadata["xmlNamespace"]
    return result | {"operations": dict(sorted(operations.items())), "shapes": shapes}


def merge(into, corrections):
    for key, value in corrections.items():
        if value is None and key not in into:
            sys.exit(f"corrections.json: there is no {key} to take away")
        if value is None:
            del into[key]
        elif isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def typed_operations():
    """Service to the names of its operations that get types."""
    typed = {service: set() for service in MODELS}
    for line in (HERE / "operations.txt").read_text().splitlines():
        words = line.partition("#")[0].split()
        if words:
            typed[words[0]].update(words[1:])
    return typed


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    source = pathlib.Path(sys.argv[1])
    typed = typed_operations()
    corrections = json.loads((HERE / "corrections.json").read_text())
    for service, version in MODELS.items():
        result = distill(load(source, service, version), service, typed[service])
        merge(result, corrections.get(service, {}))
        text = json.dumps(result, indent=1, ensure_ascii=False)
        (HERE / f"{service}.json").write_text(text + "\n")
        print(f"{service}: {len(result['operations'])} operations, {len(typed[service])} with types, "
              f"{len(result['shapes'])} shapes")


if __name__ == "__main__":
    main()

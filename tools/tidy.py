#!/usr/bin/env python3
"""House rules that no formatter knows: layers, banned calls, line length, files nobody builds.

Each rule names its replacement or its reason. Exit code 1 when a rule is broken.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

LAYERS = {
    "base": set(),
    "crypto": {"base"},
    "net": {"base", "crypto"},
    "store": {"base", "crypto", "net"},
    "meta": {"base"},
    "kube": {"base", "net"},
    "repo": {"base", "crypto", "store"},
    "engine": {"base", "store", "kube", "repo"},
    "jobs": {"base", "crypto", "meta", "kube", "repo", "engine"},
    "iam": {"base", "crypto", "meta"},
    "api": {"base", "crypto", "net", "meta", "jobs", "iam"},
    "app": {"base", "crypto", "net", "store", "meta", "kube", "repo", "engine", "jobs", "iam", "api"},
}

# pattern, what to use instead, layers where it is allowed
BANNED = [
    (r"system_clock::now", "base::Clock", {"base"}),
    (r"\bsleep_for\b", "base::Clock::sleep, which a stop interrupts", set()),
    (r"\bsleep_until\b", "base::Clock::sleep, which a stop interrupts", set()),
    (r"std::regex", "a hand-written parser: std::regex is slow and recurses on input", set()),
    (r"#include <iostream>", "fmt::print in app, Result elsewhere", {"app"}),
    # A class whose constructor is private cannot be made by make_unique.
    (r"(?<!>\()\bnew [A-Za-z_]", "std::make_unique", set()),
    (r"\.detach\(\)", "a std::jthread member", set()),
    (r"std::thread\b", "std::jthread", set()),
    (r"std::async\b", "base::WorkerPool", set()),
    (r"std::random_device|\brand\(\)", "base::Random", {"base"}),
]
HEADER_BANNED = [
    (r"^using namespace", "names written out: a header decides for everyone"),
    (r"#include <nlohmann/json\.hpp>", "<nlohmann/json_fwd.hpp> through base/json.h"),
    (r"#include <(curl/|openssl/|CLI/|yaml-cpp|simdjson|sqlite3)", "the .cpp file: heavy headers stay out of ours"),
    (r"#include <gtest", "a test file"),
]
# Headers for tests only, which may include gtest or json, and those that only code around typed
# requests includes, which is made of JSON anyway.
TEST_HEADER = re.compile(r"(tests/|bench/|fake_|/test_|api/codec\.h|api/registry\.h)")
LINE_LIMIT = 100
# Folders that the README of a folder above explains: their files are data, or one program each.
README_ABOVE = (".ci", "tests/cluster/gomod/", "tests/data/corpus/", "tests/data/golden/")


def tracked(*patterns):
    out = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
                         cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [pathlib.Path(line) for line in out.splitlines() if (ROOT / line).exists()]


def code_of(line):
    """The line without string literals and comments."""
    return re.sub(r'"(\\.|[^"\\])*"', '""', line).split("//", 1)[0]


def check_layers(path, number, line, problems):
    match = re.match(r'#include "(\w+)/', line)
    if not match or path.parts[0] != "src" or path.name.endswith("_test.cpp"):
        return
    layer, used = path.parts[1], match.group(1)
    if used in LAYERS and used != layer and used not in LAYERS[layer]:
        problems.append(f"{path}:{number}: layer {layer} must not use {used} (ARCHITECTURE.md, layers)")


def check_line(path, number, line, problems):
    if len(line) > LINE_LIMIT:
        problems.append(f"{path}:{number}: {len(line)} columns; the limit is {LINE_LIMIT}")
    check_layers(path, number, line, problems)
    code = line if line.startswith("#include") else code_of(line)
    layer = path.parts[1] if path.parts[0] == "src" else None
    if layer is None:
        return
    for pattern, instead, allowed in BANNED:
        if layer not in allowed and re.search(pattern, code):
            problems.append(f"{path}:{number}: '{pattern}' is banned; use {instead}")
    if path.suffix == ".h" and not TEST_HEADER.search(str(path)):
        for pattern, instead in HEADER_BANNED:
            if re.search(pattern, code):
                problems.append(f"{path}:{number}: '{pattern}' is banned in headers; use {instead}")


def check_built(sources, problems):
    """Every source is named in the CMakeLists.txt of its folder or of one above it."""
    for path in sources:
        folder = path.parent
        named = False
        while str(folder) != "." and not named:
            lists = ROOT / folder / "CMakeLists.txt"
            relative = path.relative_to(folder)
            named = lists.exists() and re.search(rf"(^|[\s/]){re.escape(str(relative))}([\s)]|$)",
                                                 lists.read_text(), re.M) is not None
            folder = folder.parent
        if not named:
            problems.append(f"{path}: no CMakeLists.txt builds it; a test that is not built is no test")


def check_readmes(files, problems):
    """Whoever enters a folder is told what it is for, in a few lines that get read."""
    for folder in sorted({path.parent for path in files}):
        if str(folder).startswith(README_ABOVE):
            continue
        readme = ROOT / folder / "README.md"
        if not readme.exists():
            problems.append(f"{folder}: has no README.md: purpose, main parts, entry, what it must not know")


def main():
    problems = []
    sources = [p for p in tracked("*.cpp", "*.h") if p.parts[0] in {"src", "tests", "bench"}]
    for path in sources:
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
            check_line(path, number, line, problems)
    # add_fuzz_target in cmake/Layer.cmake builds the replaying main.
    by_hand = pathlib.Path("tests/fuzz/replay_main.cpp")
    check_built([p for p in sources if p.suffix == ".cpp" and p != by_hand], problems)
    check_readmes(tracked(), problems)
    for problem in problems:
        print(problem)
    print(f"{len(sources)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Finds includes that a source lacks or does not need, as clang-include-cleaner sees them. --fix changes the sources.

A source may rely on what its own header includes: x.cpp, x_test.cpp and x_fuzz.cpp on x.h. Headers of libraries and of
C are left alone: they are umbrellas, or scattered over files with names that nobody includes.
"""

import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOL = "clang-include-cleaner-19"
# The tool does not see that a defaulted <=> needs the first and std::ranges the second. The others are in every file's
# vocabulary: they come with whatever it includes.
NOT_JUDGED = {"<compare>", "<algorithm>", "<cstddef>", "<cstdint>", "<expected>", "<utility>"}
JUDGED = re.compile(r'"[^"]+"|<[a-z_]+>')
INCLUDE = re.compile(r'^#include (<[^>]+>|"[^"]+")')


def included(path):
    """What a file includes itself."""
    if not path.exists():
        return set()
    return {match[1] for match in map(INCLUDE.match, path.read_text().splitlines()) if match}


def own_header(path):
    stem = re.sub(r"_(test|fuzz)$", "", path.stem)
    return path.with_name(f"{stem}.h")


def name_of(header):
    """As sources include it."""
    return f'"{header.relative_to(ROOT / "src")}"' if header.is_relative_to(ROOT / "src") else ""


def findings(name):
    """Missing and unneeded headers of one file, or what kept the tool from reading it."""
    path = ROOT / name
    done = subprocess.run([TOOL, "-p", "build/tidy", "--print=changes", name], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        return name, set(), set(), done.stderr.strip()
    known = included(own_header(path)) | {'"base/result.h"'} if path.suffix == ".cpp" else set()
    own = name_of(own_header(path))
    missing, unneeded = set(), set()
    for line in done.stdout.splitlines():
        match = JUDGED.match(line[2:])
        if not match or match[0] in NOT_JUDGED:
            continue
        if line.startswith("+") and match[0] not in known:
            missing.add(match[0])
        if line.startswith("-") and match[0] != own:
            unneeded.add(match[0])
    return name, missing, unneeded, ""


def fix(name, missing, unneeded):
    """clang-format then puts new lines of a block in order."""
    path = ROOT / name
    own = name_of(own_header(path))
    lines = [line for line in path.read_text().splitlines()
             if not ((match := INCLUDE.match(line)) and match[1] in unneeded)]
    for header in sorted(missing):
        here = [i for i, line in enumerate(lines) if (match := INCLUDE.match(line)) and match[1] != own]
        block = [i for i in here if lines[i].split()[1][0] == header[0]]
        if block:
            lines.insert(block[0], f"#include {header}")
        elif here and header[0] == '"':
            lines[here[-1] + 1:here[-1] + 1] = ["", f"#include {header}"]
        else:
            top = next((i + 1 for i, line in enumerate(lines) if line in ("#pragma once", f"#include {own}")), 0)
            lines[top:top] = ["", f"#include {header}", ""]
    path.write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--fix", action="store_true")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    names = options.files or subprocess.run(
        ["git", "ls-files", "*.cpp", "*.h"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    found = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for name, missing, unneeded, trouble in pool.map(findings, names):
            if not (missing or unneeded or trouble):
                continue
            found += 1
            if trouble:
                print(f"{name}: {trouble}")
            elif options.fix:
                fix(name, missing, unneeded)
            for header in sorted(missing):
                print(f"{name}: lacks {header}")
            for header in sorted(unneeded):
                print(f"{name}: does not need {header}")
    print(f"includes: {found} of {len(names)} files have findings")
    return 1 if found and not options.fix else 0


if __name__ == "__main__":
    sys.exit(main())

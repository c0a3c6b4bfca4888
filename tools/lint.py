#!/usr/bin/env python3
"""House rules, formatting, includes and clang-tidy 19 on every source of ours. Exit code 1 on any finding."""
import argparse
import concurrent.futures
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def tidy(path):
    done = subprocess.run(["clang-tidy-19", "-p", "build/tidy", "--quiet", path], cwd=ROOT,
                          capture_output=True, text=True)
    return path, done.returncode, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("files", nargs="*", help="only these sources")
    options = parser.parse_args()
    failed = subprocess.run(["python3", "tools/tidy.py"], cwd=ROOT).returncode != 0
    sources = subprocess.run(["git", "ls-files", "*.cpp", "*.h"], cwd=ROOT, capture_output=True,
                             text=True, check=True).stdout.split()
    failed |= subprocess.run(["clang-format-19", "--dry-run", "--Werror", *sources], cwd=ROOT).returncode != 0
    subprocess.run(["cmake", "--preset", "tidy"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    failed |= subprocess.run(["python3", "tools/includes.py", "--jobs", str(options.jobs), *options.files],
                             cwd=ROOT).returncode != 0
    commands = json.loads((ROOT / "build/tidy/compile_commands.json").read_text())
    known = {str(pathlib.Path(c["file"]).relative_to(ROOT)) for c in commands
             if pathlib.Path(c["file"]).is_relative_to(ROOT) and "build/" not in c["file"]}
    wanted = sorted(known & set(options.files)) if options.files else sorted(known)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for path, code, output in pool.map(tidy, wanted):
            if code != 0:
                failed = True
                print(output)
                print(f"clang-tidy: {path}")
    print("lint: findings above" if failed else f"lint: {len(wanted)} files are clean")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

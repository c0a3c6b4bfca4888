#!/usr/bin/env python3
"""Runs every suite and closes with one line: N passed, N failed, N skipped.

Suites: house rules, formatting, self-contained headers, link tests of the layers, unit tests under
AddressSanitizer and UndefinedBehaviorSanitizer, the simulation, fuzzing, and the end-to-end tests
on a real cluster. --full adds ThreadSanitizer, clang-tidy, longer fuzzing, a million seeds and more
rounds of killing. --only NAME runs one suite.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("HOLDFAST_CACHE", pathlib.Path.home() / ".cache" / "holdfast"))


class Counts:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.failures = []

    def one(self, name, passed):
        if passed:
            self.passed += 1
        else:
            self.failed += 1
            self.failures.append(name)

    def add(self, passed, failed, skipped, names):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped
        self.failures += names


def run(command, log=None, env=None):
    """The exit code; what was printed goes to `log`, and its end to the screen on failure."""
    merged = {**os.environ, **(env or {})}
    if log is None:
        return subprocess.run(command, cwd=ROOT, env=merged).returncode
    with open(log, "w") as out:
        code = subprocess.run(command, cwd=ROOT, env=merged, stdout=out, stderr=subprocess.STDOUT).returncode
    if code != 0:
        lines = pathlib.Path(log).read_text(errors="replace").splitlines()
        print("\n".join(lines[-60:]))
    return code


class Runner:
    def __init__(self, options):
        self.options = options
        self.counts = Counts()
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-test-"))

    def command(self, name, command, env=None):
        log = self.work / (name.replace("/", "_").replace(" ", "_") + ".log")
        self.counts.one(name, run(command, log, env) == 0)

    def build(self, preset, targets):
        """Configures and builds a preset; a failure ends the run, since nothing else could be believed."""
        log = self.work / f"build-{preset}.log"
        code = run(["cmake", "--preset", preset], log)
        if code == 0:
            code = run(["cmake", "--build", f"build/{preset}", "-j", str(self.options.jobs),
                        "--target", *targets], log)
        if code != 0:
            print(f"building {preset} failed; the whole log: {log}")
            self.counts.one(f"build {preset}", False)
            self.finish()

    def gtest_programs(self, preset):
        listing = ROOT / "build" / preset / "test_programs.txt"
        return [line for line in listing.read_text().splitlines() if line]

    def gtests(self, preset):
        env = {"UBSAN_OPTIONS": "print_stacktrace=1", "TSAN_OPTIONS": "halt_on_error=1"}
        for program in self.gtest_programs(preset):
            name = pathlib.Path(program).name
            report = self.work / f"{preset}-{name}.json"
            code = run([program, f"--gtest_output=json:{report}", "--gtest_brief=1"],
                       self.work / f"{preset}-{name}.log", env)
            if not report.exists():
                self.counts.one(f"{preset}: {name} ended early", False)
                continue
            self.count_gtest(preset, name, json.loads(report.read_text()), code)

    def count_gtest(self, preset, name, report, code):
        passed = failed = skipped = 0
        names = []
        for suite in report["testsuites"]:
            for test in suite["testsuite"]:
                if test.get("failures"):
                    failed += 1
                    names.append(f"{preset}: {suite['name']}.{test['name']}")
                elif test.get("result") == "SKIPPED":
                    skipped += 1
                elif test.get("status") == "RUN":
                    passed += 1
        if code != 0 and failed == 0:
            failed += 1
            names.append(f"{preset}: {name} exited with {code}")
        self.counts.add(passed, failed, skipped, names)

    def checks(self):
        self.command("house rules", ["python3", "tools/tidy.py"])
        sources = subprocess.run(["git", "ls-files", "*.cpp", "*.h"], cwd=ROOT, capture_output=True,
                                 text=True, check=True).stdout.split()
        self.command("formatting", ["clang-format-19", "--dry-run", "--Werror", *sources])

    def units(self):
        self.build("asan", ["holdfast_tests", "holdfast_links", "holdfast_headers"])
        for program in (ROOT / "build/asan/link_programs.txt").read_text().split():
            self.command(f"layer {pathlib.Path(program).name}", [program])
        self.gtests("asan")
        self.counts.one("every header compiles alone", True)

    def threads(self):
        self.build("tsan", ["holdfast_tests"])
        self.gtests("tsan")

    def simulation(self):
        self.build("release", ["sim_test"])
        seeds = 1_000_000 if self.options.full else 10_000
        self.command(f"simulation of {seeds} seeds",
                     ["build/release/tests/sim_test", "--seeds", str(seeds)])
        self.command("each step of the collection protocol is needed",
                     ["build/release/tests/sim_test", "--mutations", "20000"])

    def fuzzing(self):
        self.build("fuzz", ["holdfast_fuzz"])
        seconds = 600 if self.options.full else 15
        targets = (ROOT / "build/fuzz/fuzz_programs.txt").read_text().split()
        waiting = list(targets)
        running = []
        while waiting or running:
            while waiting and len(running) < self.options.jobs:
                running.append(self.start_fuzzer(waiting.pop(0), seconds))
            name, process, log = running.pop(0)
            code = process.wait()
            if code != 0:
                print("\n".join(log.read_text(errors="replace").splitlines()[-40:]))
            self.counts.one(f"fuzz {name}", code == 0)

    def start_fuzzer(self, program, seconds):
        name = pathlib.Path(program).name
        kept = ROOT / "tests/data/corpus" / name.removesuffix("_fuzz")
        found = CACHE / "corpus" / name
        found.mkdir(parents=True, exist_ok=True)
        log = self.work / f"{name}.log"
        command = [program, f"-max_total_time={seconds}", "-rss_limit_mb=2048", "-timeout=10",
                   f"-artifact_prefix={self.work}/{name}-", str(found)]
        if kept.is_dir():
            command.append(str(kept))
        return name, subprocess.Popen(command, stdout=open(log, "w"), stderr=subprocess.STDOUT), log

    def lint(self):
        self.command("clang-tidy", ["python3", "tools/lint.py", "--jobs", str(self.options.jobs)])

    def end_to_end(self):
        self.build("release", ["holdfast", "kube_probe", "sigv4_probe"])
        report = self.work / "e2e.xml"
        env = {"HOLDFAST_BIN": str(ROOT / "build/release/src/app/holdfast"),
               "HOLDFAST_KILL_ROUNDS": "50" if self.options.full else "10"}
        # Each file has clusters of its own, so files run side by side, in the order of tests/e2e/conftest.py: by
        # itself xdist begins with the files of most tests, and the longest have few.
        code = run([CACHE / "venv/bin/python3", "-m", "pytest", "tests/e2e", "-q", "-x" if self.options.stop else "-q",
                    "-n", str(self.options.jobs), "--dist", "loadfile", "--no-loadscope-reorder",
                    "-p", "no:cacheprovider", f"--junitxml={report}"], self.work / "e2e.log", env)
        if not report.exists():
            self.counts.one(f"end-to-end tests ended early with exit code {code}", False)
            return
        passed = failed = skipped = 0
        names = []
        for case in ElementTree.parse(report).iter("testcase"):
            if case.find("failure") is not None or case.find("error") is not None:
                failed += 1
                names.append(f"e2e: {case.get('classname')}.{case.get('name')}")
            elif case.find("skipped") is not None:
                skipped += 1
            else:
                passed += 1
        self.counts.add(passed, failed, skipped, names)

    def finish(self):
        for name in self.counts.failures:
            print(f"FAILED {name}")
        if self.counts.failures:
            print(f"logs: {self.work}")
        print(f"{self.counts.passed} passed, {self.counts.failed} failed, {self.counts.skipped} skipped",
              flush=True)
        sys.exit(1 if self.counts.failed or not self.counts.passed else 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--stop", action="store_true", help="stop the end-to-end tests at the first failure")
    parser.add_argument("--only", action="append", help="checks, units, simulation, fuzzing, end_to_end, threads, lint")
    options = parser.parse_args()
    suites = ["checks", "units", "simulation", "fuzzing", "end_to_end"]
    if options.full:
        suites += ["threads", "lint"]
    runner = Runner(options)
    for suite in options.only or suites:
        started = time.monotonic()
        print(f"== {suite}", flush=True)
        before = runner.counts.passed, runner.counts.failed
        getattr(runner, suite)()
        print(f"   {runner.counts.passed - before[0]} passed, {runner.counts.failed - before[1]} failed"
              f" in {time.monotonic() - started:.0f} s", flush=True)
    runner.finish()


if __name__ == "__main__":
    main()

"""`make demo` ends with its proof."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.e2e.conftest import ROOT

DEMO_SECONDS = 300
LINES_MAX = 120


def test_the_demo_proves_that_everything_is_again_as_it_was(holdfast_binary):
    done = subprocess.run(
        [sys.executable, "-m", "demo"], cwd=ROOT, env=os.environ | {"HOLDFAST_BIN": str(holdfast_binary)},
        capture_output=True, text=True, timeout=DEMO_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    assert "PROVEN: every one of the" in done.stdout
    assert "ConfigMap shop/left-behind" in done.stdout
    assert len(done.stdout.splitlines()) <= LINES_MAX

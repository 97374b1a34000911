"""`pucci cameras`, as a person types it."""

import os
import subprocess
import sys
from pathlib import Path


def test_it_says_what_is_attached_or_that_nothing_is(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "pucci", "cameras"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "No camera is attached" in done.stdout or "[cameras.sofa]" in done.stdout

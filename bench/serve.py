"""What `pucci serve` costs: start to first answer, memory at rest, bytes of the public page.

    .venv/bin/python -m bench.serve [--runs 5]

Medians over fresh starts with the drawn camera, in an empty data folder. PSS counts shared pages by their
share (proc(5), smaps_rollup), so it is what the process really adds to a machine.
"""

import argparse
import gzip
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REST_S = 8.0


@contextmanager
def serving(data_dir: str, **settings: str) -> Iterator[tuple[int, str, float]]:
    """Run `pucci serve` on a free port; yield its pid, address, and seconds from start to first answer."""
    command = [sys.executable, "-m", "pucci", "serve", "--port", "0"]
    # Flask-WTF loads Babel where it is; here it is for development alone, and no install has it.
    hidden = Path(data_dir) / "hidden"
    hidden.mkdir()
    (hidden / "babel.py").write_text("raise ImportError\n")
    environ = {**os.environ, "PUCCI_DATA_DIR": data_dir, "PUCCI_CAMERAS_SOFA_DRIVER": "synthetic", **settings}
    environ["PYTHONPATH"] = str(hidden)
    started = time.monotonic()
    process = subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        address = next(found[0] for line in process.stdout if (found := re.search(r"http://\S+", line)))
        fetch(address + "/health", any_status=True)
        yield process.pid, address, time.monotonic() - started
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


def fetch(url: str, *, any_status: bool = False) -> tuple[dict[str, str], bytes]:
    """Return headers and body."""
    request = urllib.request.Request(url, headers={"Accept-Encoding": "identity"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        if any_status:
            return dict(error.headers), error.read()
        raise


def pss_mb(pid: int) -> float:
    """Return a process's proportional set size in MB (10^6 bytes)."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    assert found
    return int(found[1]) * 1024 / 1e6


def page_bytes(address: str) -> tuple[int, int]:
    """Return the bytes of / with its style sheet and icons, without pictures: plain, and gzipped."""
    _, page = fetch(address + "/")
    parts = [page]
    links = set(re.findall(rb'(?:href|src)="(/static/[^"#]+)', page))
    parts += [
        fetch(address + link.decode())[1] for link in links if not re.search(rb"\.(jpg|webp|png)", link)
    ]
    return sum(map(len, parts)), sum(len(gzip.compress(part)) for part in parts)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    starts, memory, plain, packed = [], [], 0, 0
    for run in range(runs):
        with tempfile.TemporaryDirectory() as folder, serving(folder) as (pid, address, seconds):
            starts.append(seconds)
            time.sleep(REST_S)
            plain, packed = page_bytes(address)
            memory.append(pss_mb(pid))
        print(f"run {run + 1}: first answer {starts[-1]:.2f} s, PSS {memory[-1]:.1f} MB", file=sys.stderr)
    print("| What | Median | Goal |\n| --- | --- | --- |")
    print(f"| start to first answer | {statistics.median(starts):.2f} s | 2 s |")
    print(f"| memory at rest (PSS) | {statistics.median(memory):.1f} MB | 60 MB |")
    print(f"| `/` with its style, without its picture | {plain / 1000:.1f} KB | 15 KB |")
    print(f"| the same, gzipped | {packed / 1000:.1f} KB | |")


if __name__ == "__main__":
    main()

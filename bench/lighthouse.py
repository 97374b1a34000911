"""What Lighthouse says of the pages most often seen, as on a cheap phone on a slow line.

    .venv/bin/python -m bench.lighthouse [--runs 3] [--desk] [--pages public,login,cam,day] [--keep FOLDER]

The real server on loopback with two drawn weeks, six photos on the public page, and a family member signed in
for cam and day. Lighthouse's mobile preset computes what a page would take on 1.6 Mbit/s with 150 ms to
the server and a processor four times slower. Medians; what else the machine does tells in "blocked".

Private pages are not judged by whether search engines may list them: they must not.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

NODE: Final = Path(__file__).parents[1] / ".node" / "node_modules"
CHROMIUM: Final = "/usr/bin/chromium"
QUIET: Final = (
    "--headless=new --no-sandbox --disable-dev-shm-usage --disable-background-networking "
    "--disable-component-update --disable-sync --no-first-run "
    '--host-resolver-rules="MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"'
)
CATEGORIES: Final = ("performance", "accessibility", "best-practices", "seo")
PAGES: Final = {"public": "/", "login": "/login", "cam": "/cam", "day": "/album/2026-11-19"}
PUBLIC: Final = frozenset(("public",))
SIGNED_OUT: Final = PUBLIC | {"login"}
HEADS: Final = (
    "Page",
    "Performance",
    "Accessibility",
    "Best practices",
    "SEO",
    "Largest paint",
    "Shift",
    "Blocked",
    "Requests",
    "KB",
)
LIMIT_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Found:
    """One run: scores of 0 to 100, times in seconds, what lacks (audit: title: the first places)."""

    scores: dict[str, int]
    largest_s: float
    shift: float
    blocked_s: float
    requests: int
    kbytes: float
    lacks: tuple[str, ...]

    @property
    def worst(self) -> int:
        """The least of its scores."""
        return min(self.scores.values())


def judge(
    url: str, *, cookie: str = "", is_private: bool = False, desk: bool = False, keep: Path | None = None
) -> Found:
    """Run Lighthouse on an address, with a `Cookie` header where given; keep its report where told.

    Raises CalledProcessError when Lighthouse or Chromium fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = keep or Path(folder) / "report.json"
        command = ["node", str(NODE / "lighthouse" / "cli" / "index.js"), url, "--quiet", "--output=json"]
        command += [f"--output-path={out}", f"--chrome-flags={QUIET}"]
        command += ["--only-categories=" + ",".join(CATEGORIES), "--no-enable-error-reporting"]
        if is_private:
            command += ["--skip-audits=is-crawlable"]
        if desk:
            command += ["--preset=desktop"]
        if cookie:
            headers = Path(folder) / "headers.json"
            headers.write_text(json.dumps({"Cookie": cookie}))
            command += [f"--extra-headers={headers}"]
        environ = {"PATH": os.environ["PATH"], "HOME": folder, "CHROME_PATH": CHROMIUM, "TMPDIR": folder}
        subprocess.run(command, env=environ, check=True, timeout=LIMIT_S)
        return _read(json.loads(out.read_text()))


def _read(report: dict[str, Any]) -> Found:
    audits = report["audits"]
    asked = audits["network-requests"]["details"]["items"]
    scores = {name: round(100 * (report["categories"][name]["score"] or 0)) for name in CATEGORIES}
    return Found(
        scores,
        largest_s=audits["largest-contentful-paint"]["numericValue"] / 1000,
        shift=audits["cumulative-layout-shift"]["numericValue"],
        blocked_s=audits["total-blocking-time"]["numericValue"] / 1000,
        requests=len(asked),
        kbytes=sum(one.get("transferSize", 0) for one in asked) / 1000,
        lacks=tuple(_lacks(report)),
    )


def _lacks(report: dict[str, Any]) -> Iterator[str]:
    """Yield what costs points: of every category, the audits of any weight that are not full."""
    for category in report["categories"].values():
        for reference in category["auditRefs"]:
            audit = report["audits"][reference["id"]]
            if reference["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                items = (audit.get("details") or {}).get("items") or []
                places = json.dumps(items[:2])[:400]
                yield f"{audit['id']}: {audit['title']}: {audit.get('displayValue', '')} {places}"


@contextmanager
def house() -> Iterator[tuple[str, str]]:
    """Run the house to be judged; yield its address and the cookie of a family member."""
    from tests.browser import scenes
    from tests.people import BOB

    def furnish(services: scenes.Services, clock: Any) -> None:
        scenes.week(services, clock)
        photos = services.album.kept.page(None, 6)
        for kept in photos:
            services.album.public.show(kept.id)
        services.album.public.choose_hero(photos[0].id)

    with tempfile.TemporaryDirectory() as folder, scenes.house(Path(folder), furnish) as (running, _):
        browser = running.browser()
        browser.sign_in(BOB)
        yield f"http://127.0.0.1:{running.port}", browser.cookie


def visit(house: tuple[str, str], page: str, *, desk: bool = False, keep: Path | None = None) -> Found:
    """Judge a page of the house by its name in PAGES, signed in where it needs that."""
    address, cookie = house
    return judge(
        address + PAGES[page],
        cookie="" if page in SIGNED_OUT else cookie,
        is_private=page not in PUBLIC,
        desk=desk,
        keep=keep,
    )


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--desk", action="store_true", help="as at a desk, on a fast line")
    parser.add_argument("--pages", default=",".join(PAGES))
    parser.add_argument("--keep", type=Path, help="a folder for the reports of the last runs")
    asked = parser.parse_args()
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
    print("| " + " | ".join(HEADS) + " |\n" + "| --- " * len(HEADS) + "|")
    with house() as found:
        for page in asked.pages.split(","):
            keep = asked.keep and asked.keep / f"{page}.json"
            runs = [visit(found, page, desk=asked.desk, keep=keep) for _ in range(asked.runs)]
            print(row(page, runs), flush=True)
            for lack in runs[-1].lacks:
                print(f"  {lack}")


def row(page: str, runs: list[Found]) -> str:
    """Return a line of the table: the runs' medians."""

    def middle(values: list[float]) -> float:
        return statistics.median(values)

    scores = [f"{middle([run.scores[name] for run in runs]):.0f}" for name in CATEGORIES]
    times = [
        f"{middle([run.largest_s for run in runs]):.2f} s",
        f"{middle([run.shift for run in runs]):.3f}",
        f"{middle([run.blocked_s for run in runs]):.2f} s",
        f"{middle([run.requests for run in runs]):.0f}",
        f"{middle([run.kbytes for run in runs]):.0f}",
    ]
    return "| " + " | ".join([page, *scores, *times]) + " |"


if __name__ == "__main__":
    main()

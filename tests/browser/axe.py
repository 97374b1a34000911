"""What axe finds on a page that a person with a screen reader, a keyboard or poor eyes would stumble over."""

from functools import cache
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

NODE: Final = Path(__file__).parents[2] / ".node" / "node_modules"

# Everything axe knows, its good advice ("best-practice") too; each finding as "rule: what is wrong: where".
RUN: Final = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]});
  const why = node => node.failureSummary.split("\\n").slice(1).join(" ").trim();
  return found.violations.flatMap(rule => rule.nodes.map(
    node => `${rule.id}: ${why(node)}: ${node.html.slice(0, 160)}`));
}"""


def violations(page: Page) -> list[str]:
    """Return a sentence for each place that breaks one of axe's rules, as the page is now."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    return page.evaluate(RUN)


@cache
def _axe() -> str:
    return (NODE / "axe-core" / "axe.min.js").read_text()

"""Extract what pages say, merge it into each language's catalogue, and compile that."""

import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

SITE = Path(__file__).parents[1] / "src" / "pucci" / "web" / "site"
WORDS = SITE / "words"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "say": None, "say_many": (1, 2), "N_": None}


def template() -> Catalog:
    """Return all that pages say, untranslated."""
    found = Catalog(project="Pucci", fuzzy=False)
    methods = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
    options = {
        "**/templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true"}
    }
    for name, _line, message, _comments, context in extract_from_dir(SITE, methods, options, KEYWORDS):
        found.add(message, locations=[(Path(name).name, 0)], context=context)
    for message in (WORDS / "more.txt").read_text().splitlines():
        if message and not message.startswith("#"):
            found.add(message)
    return found


def merged(path: Path) -> Catalog:
    """Return a language's catalogue with what is new in it, and without what is said no more."""
    with path.open("rb") as file:
        known = pofile.read_po(file, locale=path.parts[-3])
    known.update(template(), no_fuzzy_matching=True)
    known.obsolete.clear()
    return known


def written(catalogue: Catalog) -> tuple[bytes, bytes]:
    """Return a catalogue as .po and as .mo."""
    catalogue.revision_date = catalogue.creation_date = datetime(
        2026, 1, 1, tzinfo=UTC
    )  # not the day of each run
    po, mo = BytesIO(), BytesIO()
    pofile.write_po(po, catalogue, omit_header=False, sort_output=True, width=110, no_location=True)
    mofile.write_mo(mo, catalogue)
    return po.getvalue(), mo.getvalue()


def untranslated(catalogue: Catalog) -> list[object]:
    """Return what has no words in a language yet."""
    return [
        one.id
        for one in catalogue
        if one.id and not (all(one.string) if isinstance(one.string, tuple) else one.string)
    ]


def main() -> int:
    """Bring all languages up; return 1 where something is not translated."""
    missing = 0
    for path in sorted(WORDS.glob("*/LC_MESSAGES/pucci.po")):
        catalogue = merged(path)
        po, mo = written(catalogue)
        path.write_bytes(po)
        path.with_suffix(".mo").write_bytes(mo)
        for message in untranslated(catalogue):
            print(f"{path.parts[-3]}: {message}")
            missing += 1
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.faults.starring`: Alice puts her star on every photo, and takes it off and on again."""

import sys
from contextlib import closing

from pucci.errors import PucciError
from pucci.services import build
from pucci.settings_file import read_settings


def main() -> None:
    with closing(build(read_settings(config=None, data_dir=None))) as services:
        kept = services.album.kept
        (alice,) = services.accounts.users.all()
        for photo in list(services.album.all_photos()):
            kept.keep(photo.id, alice.id)
            kept.unkeep(photo.id, alice.id)
            kept.keep(photo.id, alice.id)
            print(f"kept {photo.id}")


if __name__ == "__main__":
    try:
        main()
    except PucciError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)

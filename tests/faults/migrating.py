"""`python -m tests.faults.migrating`: bring a database up to a next release, as its first start would."""

import shutil
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pucci.migrations
from pucci.db import open_db
from pucci.errors import PucciError
from pucci.schema import Revisions
from pucci.settings_file import read_settings

# The photos' table is made anew, which is the most that a migration does.
NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

def upgrade():
    with op.batch_alter_table("photo", recreate="always") as batch:
        batch.add_column(sa.Column("mood", sa.String(80), nullable=False, server_default="calm"))
    op.create_table("toy", sa.Column("name", sa.String(80), primary_key=True))
"""


def main() -> None:
    settings = read_settings(config=None, data_dir=None)
    with tempfile.TemporaryDirectory() as folder:
        ours = Path(pucci.migrations.__file__).parent
        shutil.copytree(ours, folder, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        (Path(folder) / "versions" / "v0002_next.py").write_text(NEXT)
        revisions = Revisions(Path(folder), "0002")
        with closing(open_db(settings.effective_database_url, revisions=revisions)):
            print("migrated")


if __name__ == "__main__":
    try:
        main()
    except PucciError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)

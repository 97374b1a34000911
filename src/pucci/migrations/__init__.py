"""Bring an older schema up to date, with Alembic, inside the caller's transaction."""

from pathlib import Path

from sqlalchemy import Connection

HERE = Path(__file__).parent


def upgrade(connection: Connection, revision: str = "head", *, folder: Path = HERE) -> None:
    """Run every migration of a folder that is missing. The caller commits, or rolls all of it back."""
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(folder))
    command.upgrade(config, revision)

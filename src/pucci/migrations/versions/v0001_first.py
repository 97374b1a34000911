"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables of the first release."""
    _accounts()
    _watch()
    _keys()
    _album()
    _guests()
    _films()
    _public()
    _messages()


def _accounts() -> None:
    op.create_table(
        "user",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("username", sa.String(80), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("password", sa.String(100)),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user"),
        sa.UniqueConstraint("username", name="uq_user_username"),
        sa.UniqueConstraint("email", name="uq_user_email"),
    )
    op.create_table(
        "session",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Integer, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("proved_at", TIME, nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("device", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
        sa.UniqueConstraint("token_hash", name="uq_session_token_hash"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_session_user_id", ondelete="CASCADE"),
    )
    op.create_index("ix_session_user_id", "session", ["user_id"])
    op.create_table(
        "link",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("name", sa.String(80), nullable=False, server_default=""),
        sa.Column("role", sa.String(16), nullable=False, server_default=""),
        sa.Column("user_id", sa.Integer),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_link"),
        sa.UniqueConstraint("token_hash", name="uq_link_token_hash"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_link_user_id", ondelete="CASCADE"),
    )
    op.create_table(
        "fact",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("value", sa.String(400), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_fact"),
    )


def _watch() -> None:
    op.create_table(
        "attempt",
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("failures", sa.Float, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("refused_at", TIME),
        sa.PrimaryKeyConstraint("key", name="pk_attempt"),
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("who", sa.String(80), nullable=False),
        sa.Column("whom", sa.String(120), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
    )
    op.create_index("ix_journal_at", "journal", ["at"])


def _keys() -> None:
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("user_id", sa.Integer, nullable=False),
        sa.Column("credential_hash", sa.String(64), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("uses", sa.Integer, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("used_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_passkey"),
        sa.UniqueConstraint("credential_hash", name="uq_passkey_credential_hash"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_passkey_user_id", ondelete="CASCADE"),
    )
    op.create_index("ix_passkey_user_id", "passkey", ["user_id"])
    op.create_table(
        "spent",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_spent"),
    )
    op.create_table(
        "totp",
        sa.Column("user_id", sa.Integer, nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_totp"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_totp_user_id", ondelete="CASCADE"),
    )
    op.create_table(
        "recovery",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("user_id", sa.Integer, nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recovery"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_recovery_user_id", ondelete="CASCADE"),
    )
    op.create_index("ix_recovery_user_id", "recovery", ["user_id"])


def _album() -> None:
    op.create_table(
        "photo",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("camera", sa.String(32), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("taken_at", TIME, nullable=False),
        sa.Column("file", sa.String(120), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("proved", sa.Boolean, nullable=False),
        sa.Column("certain", sa.Boolean, nullable=False),
        sa.Column("kept", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("activity", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_photo"),
        sa.UniqueConstraint("camera", "sequence", name="uq_photo_camera_sequence"),
        sa.UniqueConstraint("file", name="uq_photo_file"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_photo_camera_taken_at", "photo", ["camera", "taken_at"])
    _create_partial_index("kept", ["taken_at", "id"], "kept = 1", "kept")
    op.create_index("ix_photo_camera_kept_taken_at", "photo", ["camera", "kept", "taken_at"])
    _create_partial_index("unsure", ["camera", "kept", "certain"], "certain = 0", "NOT certain")
    op.create_table(
        "star",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("photo_id", sa.Integer, nullable=False),
        sa.Column("user_id", sa.Integer),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_star"),
        sa.UniqueConstraint("photo_id", "user_id", name="uq_star_photo_id_user_id"),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name="fk_star_photo_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_star_user_id", ondelete="SET NULL"),
    )
    op.create_index("ix_star_user_id", "star", ["user_id"])
    op.create_table(
        "slot",
        sa.Column("camera", sa.String(32), nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("photo_id", sa.Integer),
        sa.Column("filled", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String(200), nullable=False, server_default=""),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False, server_default="0"),
        sa.Column("reasons", sa.String(400), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("camera", "due_at", name="pk_slot"),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name="fk_slot_photo_id", ondelete="SET NULL"),
    )
    op.create_index("ix_slot_photo_id", "slot", ["photo_id"])
    op.create_table(
        "refusal",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("camera", sa.String(32), nullable=False),
        sa.Column("taken_at", TIME, nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_refusal"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_refusal_camera", "refusal", ["camera"])
    op.create_table(
        "witness",
        sa.Column("camera", sa.String(32), nullable=False),
        sa.Column("memory", sa.Text, nullable=False),
        sa.Column("tolerated", sa.String(200), nullable=False),
        sa.Column("revoked", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("webcam", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("saved_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("camera", name="pk_witness"),
    )
    op.create_table(
        "pause",
        sa.Column("camera", sa.String(32), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("until", TIME),
        sa.Column("by", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("camera", name="pk_pause"),
    )


def _create_partial_index(name: str, columns: list[str], sqlite: str, postgresql: str) -> None:
    op.create_index(
        f"ix_photo_{name}",
        "photo",
        columns,
        sqlite_where=sa.text(sqlite),
        postgresql_where=sa.text(postgresql),
    )


def _guests() -> None:
    op.create_table(
        "share",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("camera", sa.String(32), nullable=False),
        sa.Column("photo_id", sa.Integer),
        sa.Column("photo_ids", sa.Text, nullable=False, server_default=""),
        sa.Column("start", TIME),
        sa.Column("end", TIME),
        sa.Column("pin_hash", sa.String(100)),
        sa.Column("made_by", sa.String(80), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("views", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_share"),
        sa.UniqueConstraint("token_hash", name="uq_share_token_hash"),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name="fk_share_photo_id", ondelete="CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_share_photo_id", "share", ["photo_id"])
    op.create_table(
        "apitoken",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("scopes", sa.String(80), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("used_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_apitoken"),
        sa.UniqueConstraint("token_hash", name="uq_apitoken_token_hash"),
        sqlite_autoincrement=True,
    )


def _films() -> None:
    op.create_table(
        "film",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("camera", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("start", TIME, nullable=False),
        sa.Column("end", TIME, nullable=False),
        sa.Column("hour", sa.String(5), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("progress", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(400), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("file", sa.String(120), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("photos", sa.Integer, nullable=False),
        sa.Column("copies", sa.Integer, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_film"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_film_camera_start", "film", ["camera", "start"])
    op.create_index("ix_film_state", "film", ["state"])


def _public() -> None:
    op.create_table(
        "profile",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("birthday", sa.String(10), nullable=False),
        sa.Column("breed", sa.String(80), nullable=False),
        sa.Column("family", sa.String(120), nullable=False),
        sa.Column("home_since", sa.String(10), nullable=False),
        sa.Column("story", sa.Text, nullable=False),
        sa.Column("contact", sa.String(400), nullable=False),
        sa.Column("shows_weight", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_profile"),
    )
    op.create_table(
        "weight",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("kg", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_weight"),
    )
    op.create_table(
        "showing",
        sa.Column("photo_id", sa.Integer, nullable=False),
        sa.Column("shown", sa.Boolean, nullable=False),
        sa.Column("taken_down", sa.Boolean, nullable=False),
        sa.Column("hero", sa.Boolean, nullable=False),
        sa.Column("across", sa.Float, nullable=False),
        sa.Column("caption", sa.String(120), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("photo_id", name="pk_showing"),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name="fk_showing_photo_id", ondelete="CASCADE"),
    )


def _messages() -> None:
    op.create_table(
        "condition",
        sa.Column("key", sa.String(60), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("told_at", TIME),
        sa.Column("gone_at", TIME),
        sa.Column("over", sa.String(400), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_condition"),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("way", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("html", sa.Text, nullable=False),
        sa.Column("photo_id", sa.Integer),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_at", TIME),
        sa.Column("sent_at", TIME),
        sa.Column("error", sa.String(400), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name="fk_message_photo_id", ondelete="SET NULL"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_message_photo_id", "message", ["photo_id"])
    op.create_index("ix_message_next_at", "message", ["next_at"])

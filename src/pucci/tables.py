"""The tables. A migration makes the same ones, and a test holds the two equal."""

import sqlalchemy as sa

from pucci.columns import UtcTime, only

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# The first four columns are the first version's table, so that its database can be taken in.
user = sa.Table(
    "user",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("username", sa.String(80), nullable=False, unique=True),
    sa.Column("email", sa.String(254), nullable=False, unique=True),
    sa.Column("password", sa.String(100)),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", UtcTime, nullable=False),
)

session = sa.Table(
    "session",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("user_id", sa.ForeignKey("user.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("seen_at", UtcTime, nullable=False),
    sa.Column("proved_at", UtcTime, nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("device", sa.String(200), nullable=False),
)

# What lets somebody in once: `name` and `role` are an invite's, `user_id` is whose password is forgotten.
link = sa.Table(
    "link",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("purpose", sa.String(16), nullable=False),
    sa.Column("name", sa.String(80), nullable=False, server_default=""),
    sa.Column("role", sa.String(16), nullable=False, server_default=""),
    sa.Column("user_id", sa.ForeignKey("user.id", ondelete="CASCADE")),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("used_at", UtcTime),
)

# Tries to sign in that failed, by account and by network; see accounts/throttle.py.
attempt = sa.Table(
    "attempt",
    metadata,
    sa.Column("key", sa.String(80), primary_key=True),
    sa.Column("failures", sa.Float, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("refused_at", UtcTime),
)

passkey = sa.Table(
    "passkey",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.ForeignKey("user.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("credential_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("data", sa.LargeBinary, nullable=False),  # WebAuthn's attested credential data, 6.5.2
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("uses", sa.Integer, nullable=False),  # the key's own counter; 0 where it has none
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("used_at", UtcTime),
)

# Challenges that were answered: none is answered twice.
spent = sa.Table(
    "spent",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
)

# Sign-in codes. `step` is the last 30 seconds whose code was used: none works twice.
totp = sa.Table(
    "totp",
    metadata,
    sa.Column("user_id", sa.ForeignKey("user.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("secret", sa.String(64), nullable=False),
    sa.Column("step", sa.BigInteger, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
)

recovery = sa.Table(
    "recovery",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.ForeignKey("user.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("code_hash", sa.String(64), nullable=False),
)

# Who did what, when and from where, for the owner. `who` and `whom` are names, which outlive accounts.
journal = sa.Table(
    "journal",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", UtcTime, nullable=False, index=True),
    sa.Column("what", sa.String(32), nullable=False),
    sa.Column("who", sa.String(80), nullable=False),
    sa.Column("whom", sa.String(120), nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
)

photo = sa.Table(
    "photo",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("camera", sa.String(32), nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("taken_at", UtcTime, nullable=False),
    sa.Column("file", sa.String(120), nullable=False, unique=True),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("proved", sa.Boolean, nullable=False),
    sa.Column("certain", sa.Boolean, nullable=False),
    sa.Column("kept", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("activity", sa.Integer),
    sa.UniqueConstraint("camera", "sequence"),
    sa.Index(None, "camera", "taken_at"),
    # The kept album by pages, and what age may touch: neither walks past photos of the other sort.
    sa.Index("ix_photo_kept", "taken_at", "id", **only("kept = 1", "kept")),
    sa.Index(None, "camera", "kept", "taken_at"),
    sa.Index("ix_photo_unsure", "camera", "kept", "certain", **only("certain = 0", "NOT certain")),
    sqlite_autoincrement=True,  # a photo's address is cached for ever, so its id is never given again
)

# Who keeps which photo; `photo.kept` says whether there is a star at all. A star outlives an account.
star = sa.Table(
    "star",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("photo_id", sa.ForeignKey("photo.id", ondelete="CASCADE"), nullable=False),
    sa.Column("user_id", sa.ForeignKey("user.id", ondelete="SET NULL"), index=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.UniqueConstraint("photo_id", "user_id"),
)

# Links for whoever holds them. Ids are never given again: the table is shown with them.
share = sa.Table(
    "share",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("camera", sa.String(32), nullable=False),
    sa.Column("photo_id", sa.ForeignKey("photo.id", ondelete="CASCADE"), index=True),
    sa.Column("photo_ids", sa.Text, nullable=False, server_default=""),
    sa.Column("start", UtcTime),
    sa.Column("end", UtcTime),
    sa.Column("pin_hash", sa.String(100)),
    sa.Column("made_by", sa.String(80), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("views", sa.Integer, nullable=False),
    sqlite_autoincrement=True,
)

apitoken = sa.Table(
    "apitoken",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("scopes", sa.String(80), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("used_at", UtcTime),
    sqlite_autoincrement=True,
)

slot = sa.Table(
    "slot",
    metadata,
    sa.Column("camera", sa.String(32), primary_key=True),
    sa.Column("due_at", UtcTime, primary_key=True),
    sa.Column("photo_id", sa.ForeignKey("photo.id", ondelete="SET NULL"), index=True),
    sa.Column("filled", sa.Boolean, nullable=False),
    sa.Column("reason", sa.String(200), nullable=False, server_default=""),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("refused", sa.Integer, nullable=False, server_default="0"),
    sa.Column("reasons", sa.String(400), nullable=False, server_default=""),
)

# The last few refused frames of each camera, kept aside so that the owner can look at them.
refusal = sa.Table(
    "refusal",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("camera", sa.String(32), nullable=False, index=True),
    sa.Column("taken_at", UtcTime, nullable=False),
    sa.Column("reason", sa.String(200), nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

# What the witness of each camera has learned, so that the next process need not learn it again.
witness = sa.Table(
    "witness",
    metadata,
    sa.Column("camera", sa.String(32), primary_key=True),
    sa.Column("memory", sa.Text, nullable=False),
    sa.Column("tolerated", sa.String(200), nullable=False),
    sa.Column("revoked", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("webcam", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("saved_at", UtcTime, nullable=False),
)

# Cameras that somebody turned off. No `until`: until it is turned on again.
pause = sa.Table(
    "pause",
    metadata,
    sa.Column("camera", sa.String(32), primary_key=True),
    sa.Column("since", UtcTime, nullable=False),
    sa.Column("until", UtcTime),
    sa.Column("by", sa.String(80), nullable=False),
)

# Small facts Pucci found out and must remember, such as the cost a Pi can bear.
fact = sa.Table(
    "fact",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.String(400), nullable=False),
)

# Films, and those somebody waits for. `progress` is in thousandths, `hour` that of one picture a day.
film = sa.Table(
    "film",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("camera", sa.String(32), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("start", UtcTime, nullable=False),
    sa.Column("end", UtcTime, nullable=False),
    sa.Column("hour", sa.String(5), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("progress", sa.Integer, nullable=False),
    sa.Column("reason", sa.String(400), nullable=False),
    sa.Column("asked_at", UtcTime, nullable=False),
    sa.Column("file", sa.String(120), nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("photos", sa.Integer, nullable=False),
    sa.Column("copies", sa.Integer, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Index(None, "camera", "start"),
    sa.Index(None, "state"),
    sqlite_autoincrement=True,
)

# The dog as the owner wrote it down: one row, once there is any. Before, the settings speak.
profile = sa.Table(
    "profile",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("birthday", sa.String(10), nullable=False),
    sa.Column("breed", sa.String(80), nullable=False),
    sa.Column("family", sa.String(120), nullable=False),
    sa.Column("home_since", sa.String(10), nullable=False),
    sa.Column("story", sa.Text, nullable=False),
    sa.Column("contact", sa.String(400), nullable=False),
    sa.Column("shows_weight", sa.Boolean, nullable=False),
)

weight = sa.Table(
    "weight",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("kg", sa.Float, nullable=False),
)

# What the owner decided of photos for the public page: `shown` there; taken down, with all that puts it back
# as it was; or passed over. One may be the hero.
# `across` is about where the dog is on that, 0 at the left to 1: found while the photos beside it are there.
showing = sa.Table(
    "showing",
    metadata,
    sa.Column("photo_id", sa.ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("shown", sa.Boolean, nullable=False),
    sa.Column("taken_down", sa.Boolean, nullable=False),
    sa.Column("hero", sa.Boolean, nullable=False),
    sa.Column("across", sa.Float, nullable=False),
    sa.Column("caption", sa.String(120), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)

# What is wrong and was seen, so that it is told once when it begins and once when it ends, over restarts too.
condition = sa.Table(
    "condition",
    metadata,
    sa.Column("key", sa.String(60), primary_key=True),
    sa.Column("since", UtcTime, nullable=False),
    sa.Column("seen_at", UtcTime, nullable=False),
    sa.Column("told_at", UtcTime),
    sa.Column("gone_at", UtcTime),
    sa.Column("over", sa.String(400), nullable=False),
)

# Messages to send and lately sent, one row for each way. `next_at` is when the next try is due; no `next_at`
# and no `sent_at`: given up.
message = sa.Table(
    "message",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("way", sa.String(16), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("html", sa.Text, nullable=False),
    sa.Column("photo_id", sa.ForeignKey("photo.id", ondelete="SET NULL"), index=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("next_at", UtcTime, index=True),
    sa.Column("sent_at", UtcTime),
    sa.Column("error", sa.String(400), nullable=False),
    sqlite_autoincrement=True,
)

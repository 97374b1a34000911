"""A house for tests: the real parts in a folder of their own, with people and photos."""

import re
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import bcrypt
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pucci import tables
from pucci.accounts import Role
from pucci.photo import Frame, Photo, State, Verdict
from pucci.services import Services
from pucci.settings import AccountSettings, CameraSettings, ClockSettings, Settings
from tests.frames import jpeg_bytes
from tests.people import Person

SIZE = (320, 240)
COST = 10


def house_settings(folder: Path, *cameras: str, **sections: object) -> Settings:
    """Return settings for a house with drawn cameras, in UTC, with cheap passwords."""
    drawn = CameraSettings(driver="synthetic", skip=0)
    values: dict[str, object] = {
        "accounts": AccountSettings(bcrypt_cost=COST),
        "clock": ClockSettings(timezone="UTC"),
        "cameras": dict.fromkeys(cameras or ("sofa",), drawn),
    }
    return Settings(data_dir=folder, **(values | sections))  # type: ignore[arg-type]


def move_in(services: Services, person: Person, role: Role | None = None) -> None:
    """Give somebody an account, with the role they have in every test or another one."""
    known = _hashed(person.password)
    services.accounts.users.add(person.username, person.email, role or Role(person.role or "guest"), known)


@cache
def _hashed(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(COST)).decode()


def add_photo(
    services: Services, taken_at: datetime, number: int = 0, *, camera: str = "sofa", due: bool = True
) -> Photo:
    """Put a photo into the album; it fills the slot of its time if that was due."""
    verdict = Verdict(State.WHOLE, width=SIZE[0], height=SIZE[1])
    taken = Frame(jpeg_bytes(number, SIZE), taken_at)
    return services.album.add(camera, taken, verdict, due_at=taken_at if due else None)


def miss_slots(services: Services, newest: datetime, step: timedelta, reasons: list[str]) -> None:
    """Record missed slots, one a `step`, back from `newest`, in one transaction."""
    rows = [
        {"camera": "sofa", "due_at": newest - back * step, "filled": False, "reason": reason, "tries": 1}
        for back, reason in enumerate(reasons)
    ]
    with services.db.write() as connection:
        connection.execute(tables.slot.insert(), rows)


def csrf_of(page: str) -> str:
    """Return the token in a page's form."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, page
    return found[1]


def sign_in(
    client: FlaskClient, person: Person, *, password: str | None = None, to: str = ""
) -> TestResponse:
    """Fill in the form, as a browser does."""
    page = client.get("/login", query_string={"next": to} if to else {})
    form = {
        "csrf_token": csrf_of(page.text),
        "email": person.email,
        "password": person.password if password is None else password,
        "next": to,
    }
    return client.post("/login", data=form)


def sign_out(client: FlaskClient) -> TestResponse:
    """Press the button on the cam's page."""
    return client.post("/logout", data={"csrf_token": csrf_of(client.get("/cam").text)})

"""What the pages are made with, kept by the application; `current_app` is reached for here alone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import Flask, current_app, g

from pucci.errors import DatabaseError
from pucci.profile import Profile, read_profile
from pucci.services import Services
from pucci.web.site.assets import Assets
from pucci.web.site.words import Words

_KEY: Final = "pucci"


@dataclass(frozen=True, slots=True)
class Parts:
    """The services, and what the site alone needs."""

    services: Services
    words: Words
    assets: Assets

    @property
    def profile(self) -> Profile:
        """The dog, asked for once a request: what the owner changes shows at once, in every process."""
        if "profile" not in g:
            try:
                g.profile = self.services.profiles.current()
            except DatabaseError:  # the page that says so has the settings' name on it
                g.profile = read_profile(self.services.settings.profile)
        return g.profile

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return self.services.clock.now()


def install(app: Flask, parts: Parts) -> None:
    """Give an application its parts."""
    app.extensions[_KEY] = parts


def parts() -> Parts:
    """Return the parts of the application that answers now."""
    return current_app.extensions[_KEY]

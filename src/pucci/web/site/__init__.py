"""The pages, by Flask: one blueprint a page, and a rule above each view."""

from typing import Any

from flask import Flask, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.local import LocalProxy

from pucci.profile import read_profile
from pucci.services import Services
from pucci.web.site import (
    album,
    allow,
    api,
    apitokens,
    cam,
    door,
    errors,
    files,
    films,
    headers,
    home,
    invite,
    journal,
    kept,
    keys,
    language,
    me,
    metrics,
    parts,
    paths,
    people,
    photo,
    pictures,
    profile,
    proof,
    recovery,
    refused,
    robots,
    shared,
    signin,
    state,
    switch,
)
from pucci.web.site import (
    app as app_page,
)
from pucci.web.site.assets import Assets
from pucci.web.site.devices import device
from pucci.web.site.words import figure, words_for


class Site(Flask):
    """Flask, which writes no link that is its own key into the log."""

    def log_exception(self, exc_info: Any) -> None:
        """Log what broke a page, with its traceback."""
        self.logger.error("%s %s broke", request.method, paths.logged(), exc_info=exc_info)


def create_app(services: Services) -> Flask:
    """Return the site.

    Raises:
        SettingsError: a date of the profile, or the time zone, is none.
        LookupError: a view has no rule.
    """
    settings = services.settings
    app = Site(__name__, static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=settings.server.max_body_bytes,
        # A form lives as long as its session: on a phone, pages stay open for weeks.
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    read_profile(settings.profile)  # a mistake in it is said at the start, not by the first page
    words, assets = words_for(settings.clock.timezone), Assets()
    parts.install(app, parts.Parts(services, words, assets))
    signin.install(app, services)
    language.install(app)
    app.before_request(headers.check_host)
    app.before_request(paths.without_slash)
    app.before_request(allow.check)
    CSRFProtect(app).exempt(api.bp)
    app.before_request(proof.check)  # after the proof against forged forms, which it believes
    app.after_request(headers.add)
    errors.install(app)
    app.jinja_env.filters["figure"] = figure
    app.jinja_env.globals.update(
        device=device,
        language=language.language,
        languages=language.LANGUAGES,
        asked_language=language.asked,
        carried=language.carried,
        elsewhere=language.elsewhere,
        twelve_hours=language.twelve_hours,
        asset=assets.address,
        dog=LocalProxy(lambda: parts.parts().profile),
        words=words,
        person=signin.person,
        mark="mark.svg",
    )
    pages = (
        home,
        door,
        cam,
        album,
        photo,
        kept,
        films,
        switch,
        refused,
        state,
        files,
        invite,
        people,
        me,
        keys,
        journal,
        shared,
        profile,
        pictures,
        robots,
        app_page,
        recovery,
    )
    for page in (*pages, apitokens, api, metrics):
        app.register_blueprint(page.bp)
    allow.refuse_views_without_rule(app)
    return app

"""Every page that there is is walked by axe and looked at: a new one without that fails here."""

from flask import Flask

from tests.browser.test_look import PAGES, STATES

# What answers a GET, and is no page: for programs, or led elsewhere.
NO_PAGES = {
    "/album",
    "/api/cameras",
    "/api/cameras/<camera>/newest",
    "/api/cameras/<camera>/newest.jpg",
    "/api/cameras/<camera>/photos",
    "/api/health",
    "/api/openapi.json",
    "/api/photos/<int:photo_id>",
    "/doggiecam",
    "/films/<int:film_id>.json",
    "/health",
    "/icon-<int:size>.png",
    "/manifest.webmanifest",
    "/metrics",
    "/robots.txt",
    "/static/<path:name>",
    "/sw.js",
}


def test_every_page_is_walked(app: Flask):
    asked = {str(rule) for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert asked - NO_PAGES == set(PAGES)
    assert asked > NO_PAGES
    assert set(PAGES.values()) <= set(STATES)

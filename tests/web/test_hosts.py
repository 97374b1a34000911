from dataclasses import replace

import pytest

from pucci.services import Services
from pucci.settings import ServerSettings
from pucci.web.hosts import is_ours
from pucci.web.site import create_app
from tests.web.asking import ask

THERE = ServerSettings(address="https://pucci.example:8443", names=("pucci.local",))


@pytest.mark.parametrize(
    "host",
    [
        *("pucci.example", "pucci.example:8443", "PUCCI.example", "pucci.example.", "pucci.local:8090"),
        *("localhost", "localhost:8090", "192.168.1.7", "192.168.1.7:8090", "[::1]", "[2001:db8::7]:8090"),
    ],
)
def test_the_sites_names_localhost_and_addresses_are_answered(host: str):
    assert is_ours(host, THERE)


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "pucci.example.evil.example", "xpucci.example", "evil.localhost", "", "a b", "a/b"),
        *(
            "pucci.example@evil.example",
            "pucci.example:80:80",
            "pucci.example:x",
            "a\r\nb",
            "192.168.1",
            "[::1",
        ),
    ],
)
def test_other_names_are_not(host: str):
    assert not is_ours(host, THERE)


def test_without_an_address_any_name_is_answered_but_no_nonsense():
    assert is_ours("dog.lan:8090", ServerSettings())
    assert not is_ours("dog lan", ServerSettings())


def test_pages_and_pictures_are_refused_alike(services: Services):
    there = replace(services, settings=replace(services.settings, server=THERE))
    client = create_app(there).test_client()
    for path in ("/", "/login", "/health", "/static/pucci.css", "/api/openapi.json", "/nowhere"):
        assert client.get(path, headers={"Host": "evil.example"}).status_code == 400, path
        assert client.get(path, headers={"Host": "pucci.example:8443"}).status_code != 400, path
    assert ask(there, "/media/photo/1.jpg", host="evil.example").status == 400
    assert ask(there, "/media/photo/1.jpg", host="pucci.example").status == 403

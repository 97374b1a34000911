"""What is written for the programs around Pucci, and what never is."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pucci.deploy import WHAT, Host, render
from pucci.deploy.around import would_cut
from pucci.errors import SettingsError
from pucci.settings import DdclientSettings, DeploySettings, ServerSettings, Settings

GUIDE = Path(__file__).parent.parent.parent / "docs" / "guide"
FULL = Settings(
    data_dir=Path("/var/lib/pucci"),
    server=ServerSettings(
        address="https://cam.pucci.example", names=("pucci.local",), trusted_proxies=("127.0.0.1",)
    ),
    deploy=DeploySettings(
        acme_email="gwen@example.org", certificate_file="/etc/c.pem", certificate_key_file="/etc/c.key"
    ),
    ddclient=DdclientSettings(domain="pucci.example", password="s3cret-0815"),
)


def changed(section: str, **values: Any) -> Settings:
    return replace(FULL, **{section: replace(getattr(FULL, section), **values)})


@pytest.mark.parametrize("what", list(WHAT))
def test_each_is_rendered_from_the_settings_alone(what: str):
    plan = render(what, FULL)
    assert plan.files
    for path, file in plan.files.items():
        assert path.startswith("/etc/")
        assert "pucci deploy" in file.text
        assert "{{" not in file.text
        assert file.text.endswith("\n")


def test_secrets_are_roots_alone_and_never_shown():
    file = render("ddclient", FULL).files["/etc/pucci/ddclient.conf"]
    assert file.mode == 0o600
    assert "s3cret-0815" in file.text
    assert "s3cret-0815" not in file.shown


def test_all_that_is_missing_is_said_at_once():
    with pytest.raises(SettingsError) as caught:
        render("ddclient", Settings())
    sentences = str(caught.value).splitlines()
    assert [sentence.split(" is missing")[0] for sentence in sentences] == [
        "ddclient.host",
        "ddclient.password",
        "ddclient.domain",
    ]


@pytest.mark.parametrize(
    ("what", "section", "values", "words"),
    [
        ("apache", "server", {"address": "https://pucci.example/x"}, "no address"),
        ("apache", "server", {"address": "https://a.example\nInclude /etc/passwd"}, "no address"),
        ("apache", "server", {"address": "https://pucci.local"}, "no certificate authority knows"),
        ("apache", "server", {"address": "ftp://pucci.example"}, "no address"),
        ("apache", "server", {"names": ("a b",)}, "server.names"),
        ("apache", "deploy", {"acme_email": ""}, "deploy.acme_email is missing"),
        ("apache", "deploy", {"acme_email": "gwen@example.org\n"}, "deploy.acme_email"),
        ("apache", "deploy", {"acme_directory": "http://ca.example/dir"}, "https://"),
        ("apache", "deploy", {"user": "root; x"}, "deploy.user"),
        ("apache", "deploy", {"https_port": 80}, "the same"),
        ("nginx", "server", {"trusted_proxies": ()}, 'trusted_proxies = ["127.0.0.1"]'),
        ("nginx", "deploy", {"certificate_file": ""}, "certbot"),
        ("nginx", "deploy", {"certificate_file": "/etc/c.pem; x"}, "full path"),
        ("caddy", "server", {"trusted_proxies": ("10.0.0.1",)}, 'trusted_proxies = ["127.0.0.1"]'),
        ("ddclient", "ddclient", {"password": "a&b"}, "sends wrong for namecheap"),
        ("ddclient", "ddclient", {"password": "a'b", "provider": "dyndns2"}, "sends wrong"),
        ("ddclient", "ddclient", {"server": "localhost:18201"}, "would not take"),
        ("ddclient", "ddclient", {"server": "https://x.example"}, "would not take"),
        ("ddclient", "ddclient", {"ask": "http://x.example/"}, "https://"),
        ("ddclient", "ddclient", {"host": "other.example"}, "does not lie in"),
        ("ddclient", "ddclient", {"provider": "dyndns2"}, "ddclient.server is missing"),
        ("nftables", "deploy", {"lan": ("192.0.2.0/33",)}, "no network"),
        ("nftables", "deploy", {"lan_ports": ("22 } accept",)}, "a port from 1"),
        ("cron", "capture", {"interval_s": 420.0}, "which cron cannot do"),
    ],
)
def test_what_a_file_cannot_hold_is_refused_in_a_sentence(
    what: str, section: str, values: dict[str, Any], words: str
):
    with pytest.raises(SettingsError, match=re.escape(words)):
        render(what, changed(section, **values))


@given(st.text(min_size=1, max_size=40))
def test_no_text_from_outside_gets_into_a_file_but_in_its_form(text: str):
    """Whatever a name, password, path, network or account is: refused, or without a sign of any language."""
    tries = [
        ("apache", "server", {"address": f"https://{text}.example"}),
        ("caddy", "server", {"names": (text,)}),
        ("nginx", "deploy", {"certificate_file": f"/{text}"}),
        ("apache", "deploy", {"acme_directory": f"https://ca.example/{text}"}),
        ("ddclient", "ddclient", {"password": text}),
        ("ddclient", "ddclient", {"provider": "dyndns2", "login": text, "server": "a.example"}),
        ("nftables", "deploy", {"lan": (text,)}),
        ("cron", "deploy", {"user": text}),
    ]
    for what, section, values in tries:
        try:
            render(what, changed(section, **values))
        except SettingsError:
            continue
        assert re.fullmatch(r"[A-Za-z0-9._~/@+:-]+", text), (what, values)


def test_a_root_of_its_own_for_each_virtual_environment():
    text = render("apache", FULL, Host(python_home="/opt/pucci/.venv")).files
    assert " python-home=/opt/pucci/.venv\n" in text["/etc/apache2/sites-available/pucci.conf"].text


def test_plain_http_is_warned_of():
    plain = changed("server", address="http://pucci.local")
    for what in ("apache", "nginx", "caddy"):
        assert any("Plain HTTP" in note for note in render(what, plain).notes)
        assert any("PLAIN HTTP" in file.text for file in render(what, plain).files.values())


def test_the_guide_has_crons_lines_as_they_are_written():
    guide = (GUIDE / "cron.md").read_text()
    packaged = replace(FULL, file=Path("/etc/pucci/pucci.toml"))
    lines = [
        line
        for line in render("cron", packaged).files["/etc/cron.d/pucci"].text.splitlines()
        if "* *" in line
    ]
    assert len(lines) == 2
    for line in lines:
        assert line in guide


@pytest.mark.parametrize(
    ("connection", "words"),
    [
        ("", None),
        ("192.168.1.5 40000 192.168.1.2 22", None),
        ("fe80::1%eth0 40000 fe80::2 22", None),
        ("::ffff:10.0.0.9 40000 10.0.0.2 22", None),
        ("203.0.113.9 40000 192.168.1.2 22", 'lan = ["203.0.113.0/24"]'),
        ("2001:db8:5::9 40000 2001:db8::2 22", 'lan = ["2001:db8:5::/64"]'),
        ("192.168.1.5 40000 192.168.1.2 2222", "ssh_port = 2222"),
    ],
)
def test_the_firewall_knows_whose_session_it_would_cut(connection: str, words: str | None):
    reason = would_cut(FULL, connection)
    assert (reason is None) if words is None else (reason is not None and words in reason)

"""Installed, changed by hand, and undone: below a folder, so that nothing of this machine is touched."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from pucci.deploy import File, Installer, Plan
from pucci.deploy.machine import listener
from pucci.deploy.running import refuse_taken_ports
from pucci.errors import DeployError, MissingPart

PLAN = Plan(
    {"/etc/app/site.conf": File("site\n"), "/etc/pucci/secret": File("password='abc'\n", 0o600, ("abc",))},
    links={"/etc/app/enabled/site.conf": "../site.conf"},
    modules={"/etc/app/enabled/mod": "../mods/mod"},
    gone={"/etc/app/enabled/default": "../default"},
    needs={"/usr/bin/app": "app"},
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine with `app`: a module, and its welcome page enabled."""
    for folder in ("etc/app/enabled", "etc/app/mods", "usr/bin", "var/lib"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "usr/bin/app").touch()
    (tmp_path / "etc/app/mods/mod.load").write_text("load\n")
    (tmp_path / "etc/app/enabled/default").symlink_to("../default")
    return tmp_path


def everything(root: Path) -> dict[str, str]:
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        else:
            found[name] = path.read_text() if path.is_file() else "folder"
    return found


def test_it_is_installed_twice_and_removed_without_a_trace(root: Path):
    before = everything(root)
    installer = Installer("app", root=root)
    assert installer.apply(PLAN)
    assert (root / "etc/app/enabled/mod.load").read_text() == "load\n"
    assert not (root / "etc/app/enabled/default").is_symlink()
    assert (root / "etc/pucci/secret").stat().st_mode & 0o777 == 0o600
    assert installer.diff(PLAN) == ""
    assert not installer.apply(PLAN)
    assert installer.remove()
    assert everything(root) == before
    assert not installer.remove()


def test_what_changed_is_shown_and_written(root: Path):
    installer = Installer("app", root=root)
    installer.apply(PLAN)
    new = replace(PLAN, files={"/etc/app/site.conf": File("other\n")})
    diff = installer.diff(new)
    assert "-site\n+other\n" in diff
    assert "take away /etc/pucci/secret" in diff
    installer.apply(new)
    assert (root / "etc/app/site.conf").read_text() == "other\n"
    assert not (root / "etc/pucci/secret").exists()


def test_a_file_changed_by_hand_is_never_overwritten_nor_removed(root: Path):
    installer = Installer("app", root=root)
    installer.apply(PLAN)
    (root / "etc/app/site.conf").write_text("mine\n")
    now = everything(root)
    for again in (lambda: installer.apply(PLAN), installer.remove):
        with pytest.raises(DeployError, match="changed by hand") as caught:
            again()
        assert "mv /etc/app/site.conf /etc/app/site.conf.mine" in str(caught.value)
        assert "-mine" in str(caught.value)
        assert everything(root) == now


def test_somebody_elses_file_is_left_alone(root: Path):
    (root / "etc/app/site.conf").write_text("theirs\n")
    with pytest.raises(DeployError, match="is there already, and not by"):
        Installer("app", root=root).apply(PLAN)
    assert (root / "etc/app/site.conf").read_text() == "theirs\n"
    assert not (root / "etc/pucci").exists()


def test_a_packages_own_file_is_replaced_and_put_back(root: Path):
    theirs = "the package's own\n"
    (root / "etc/app/site.conf").write_text(theirs)
    known = hashlib.md5(theirs.encode()).hexdigest()
    (root / "var/lib/dpkg").mkdir()
    (root / "var/lib/dpkg/status").write_text(
        "Package: app\nStatus: install ok installed\nMaintainer: x\nArchitecture: all\nVersion: 1\n"
        f"Conffiles:\n /etc/app/site.conf {known}\nDescription: x\n\n"
    )
    installer = Installer("app", root=root)
    installer.apply(PLAN)
    installer.apply(replace(PLAN, files={"/etc/app/site.conf": File("newer\n")}))
    assert (root / "etc/app/site.conf").read_text() == "newer\n"
    installer.remove()
    assert (root / "etc/app/site.conf").read_text() == theirs


def test_what_the_program_refuses_is_taken_back_whole(root: Path):
    before = everything(root)
    seen: list[str] = []

    def refuse(command: tuple[str, ...]) -> tuple[int, str]:
        seen.append((root / "etc/app/site.conf").read_text())
        return 1, "line 1: no such word"

    with pytest.raises(DeployError, match="no such word"):
        Installer("app", root=root, run=refuse).apply(replace(PLAN, check=("app", "-t")))
    assert seen == ["site\n"]
    assert everything(root) == before


def test_what_does_not_start_is_taken_back_to_what_was(root: Path):
    installer = Installer("app", root=root)
    installer.apply(PLAN)
    before = everything(root)

    def fail(units: list[str]) -> None:
        raise DeployError("it does not start")

    with pytest.raises(DeployError, match="does not start"):
        installer.apply(replace(PLAN, files={"/etc/app/site.conf": File("other\n")}), fail)
    assert everything(root) == before


def test_a_missing_program_is_named_with_its_package(root: Path):
    (root / "usr/bin/app").unlink()
    with pytest.raises(MissingPart, match="sudo apt install app"):
        Installer("app", root=root).apply(PLAN)


def test_a_taken_port_is_named_with_who_has_it():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        who = listener(port)
        assert who.startswith(("python", "pytest", "MainThread"))
        with pytest.raises(DeployError, match=f"Port {port} is taken by"):
            refuse_taken_ports(replace(PLAN, ports=(port,), service="app"))
        refuse_taken_ports(replace(PLAN, ports=(port,), service=who))
    assert listener(port) == ""

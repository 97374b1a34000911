"""The Debian package: built here, installed without a network into Debian 13."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pucci.deploy import WHAT, render
from pucci.settings import DdclientSettings, DeploySettings, ServerSettings, Settings

pytestmark = [pytest.mark.servers, pytest.mark.slow]

ROOT = Path(__file__).parent.parent.parent
UNITS = {"pucci.service": "pucci.service", "pucci-camera.service": "pucci.pucci-camera.service"}
# What a service may still reach, in systemd's own count: 0 is nothing, 10 everything.
EXPOSED_AT_MOST = 3.0


def run(*words: object, timeout: float = 300, code: int = 0, environ: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        list(map(str, words)),
        env={
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8",
            "HOME": "/root",
            **(environ or {}),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == code, f"{words} ended with {done.returncode}: {said}"
    return said


class Chroot:
    """A Debian 13 in a folder: no services start in it, and after `shut` it has no network."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        policy = folder / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)

    def run(self, command: str, *, code: int = 0, net: bool = False, **environ: str) -> str:
        """Run a shell command in there, as root; what is mounted for it goes with it."""
        inside = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" sh -c "$1"'
        apart = ["--mount"] if net else ["--mount", "--net"]
        environ = {"DEBIAN_FRONTEND": "noninteractive"} | environ
        return run("unshare", *apart, "sh", "-c", inside, self.folder, command, code=code, environ=environ)


@pytest.fixture(scope="module")
def deb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deb")
    run(ROOT / "script/package", "--output", folder)
    (found,) = folder.glob("pucci_*_all.deb")
    return found


@pytest.fixture(scope="module")
def installed(deb: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chroot]:
    """Debian 13 with the package, which came in after the network had gone."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a Debian in a folder")
    folder = tmp_path_factory.mktemp("trixie") / "root"
    targets = run("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages").split()
    mirror = next(address for address in targets if "security" not in address)
    made = ("unshare", "--mount", "mmdebstrap", "--mode=root", "--variant=apt", "--format=directory")
    run(*made, "--components=main", "trixie", folder, f"deb {mirror} trixie main", timeout=600)
    chroot = Chroot(folder)
    shutil.copy(deb, folder / "tmp/pucci.deb")
    install = "apt-get -qq install -y --no-install-recommends"
    chroot.run("apt-get -qq update", net=True)
    chroot.run(f"{install} --download-only /tmp/pucci.deb", net=True)
    chroot.run(f"{install} /tmp/pucci.deb")
    yield chroot
    shutil.rmtree(folder)


def test_lintian_has_nothing_to_say(deb: Path):
    (changes,) = deb.parent.glob("*.changes")
    said = run("lintian", "--fail-on", "error,warning", "--allow-root", changes)
    assert said.strip() == ""


@pytest.mark.parametrize("unit", UNITS)
def test_the_services_may_reach_little(unit: str, tmp_path: Path):
    shutil.copy(ROOT / "debian" / UNITS[unit], tmp_path / unit)
    said = run("systemd-analyze", "security", "--offline=true", "--no-pager", tmp_path / unit)
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert level, said
    assert float(level[1]) <= EXPOSED_AT_MOST, said


def test_the_package_needs_what_pyproject_says(deb: Path):
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needs = run("dpkg-deb", "-f", deb, "Depends")
    floors = dict(re.findall(r"(python3-[\w.-]+) \(>= ([^)]+)\)", needs))
    other = {
        "flask-wtf": "python3-flaskext.wtf",
        "pillow": "python3-pil",
        "markdown-it-py": "python3-markdown-it",
    }
    for requirement in project["dependencies"]:
        name, floor = requirement.split(">=")
        assert floors[other.get(name, f"python3-{name}")] == floor, requirement


def test_what_pucci_says_to_install_is_named_by_the_package():
    """A program that some part wants is suggested at least, so that whoever looks at the package knows."""
    control = (ROOT / "debian/control").read_text().partition("Package: pucci")[2]
    named = set(re.findall(r"[a-z0-9][a-z0-9+.-]+", control))
    sources = [path.read_text() for path in (ROOT / "src/pucci").rglob("*.py")]
    said = {name for text in sources for name in re.findall(r"sudo apt install ([a-z0-9-]+)", text)}
    settings = Settings(
        data_dir=Path("/var/lib/pucci"),
        server=ServerSettings(address="https://pucci.example", trusted_proxies=("127.0.0.1",)),
        deploy=DeploySettings(acme_email="g@pucci.example", certificate_file="/c", certificate_key_file="/k"),
        ddclient=DdclientSettings(domain="pucci.example", password="x"),
    )
    said |= {package for what in WHAT for package in render(what, settings).needs.values()}
    assert {"gnupg", "ddclient", "apache2", "nftables", "ffmpeg"} <= said
    assert said - named == set()


def test_every_file_of_the_source_is_in_the_package(deb: Path):
    inside = "./usr/lib/python3/dist-packages/"
    packed = {line.split()[-1].removeprefix(inside) for line in run("dpkg-deb", "-c", deb).splitlines()}
    ours = run("git", "-C", ROOT, "ls-files", "src/pucci").split()
    assert [path for path in ours if path.removeprefix("src/") not in packed] == []


def test_it_takes_a_photo_as_its_own_account_even_for_root(installed: Chroot):
    assert "version 0.1.0" in installed.run("pucci --version")
    photo = installed.run("pucci snap", PUCCI_CAMERAS_SOFA_DRIVER="synthetic").strip()
    assert photo.startswith("/var/lib/pucci/photos/sofa/")
    owners = installed.run("find /var/lib/pucci -printf '%u:%g %M %p\\n'").splitlines()
    assert len(owners) > 4
    assert [line for line in owners if not line.startswith("pucci:pucci ") or line[17:20] == "rwx"] == []
    assert "pucci video" in installed.run("id -nG pucci")


def test_the_doctor_said_by_root_leaves_nothing_of_roots(installed: Chroot):
    installed.run("rm -rf /var/lib/pucci/*")
    said = installed.run("pucci doctor; true", PUCCI_CAMERAS_SOFA_DRIVER="synthetic")
    assert "✓ database" in said
    assert "Traceback" not in said
    owners = installed.run("find /var/lib/pucci -printf '%u:%g %M %p\n'").splitlines()
    assert len(owners) > 2
    assert [line for line in owners if not line.startswith("pucci:pucci ")] == []


def test_root_gets_the_link_that_makes_the_owner_and_others_a_sentence(installed: Chroot):
    assert re.search(r"http://\S+:8090/setup/\S{40}", installed.run("pucci link"))
    said = installed.run("su -s /bin/sh nobody -c 'pucci link'", code=2)
    assert "Say it with sudo" in said
    assert "Traceback" not in said


def test_five_mistakes_in_the_settings_are_five_lines(installed: Chroot):
    toml = installed.folder / "etc/pucci/pucci.toml"
    before = toml.read_text()
    toml.write_text('colour = 1\n[server]\nprot = 80\nport = "x"\n[capture]\ninterval_s = 0\n[cameras.A]\n')
    try:
        said = installed.run("pucci serve", code=2).splitlines()
    finally:
        toml.write_text(before)
    assert len(said) == 5
    assert all(line.startswith("/etc/pucci/pucci.toml, line ") for line in said)


def test_systemd_and_man_and_bash_read_what_was_installed(installed: Chroot):
    said = installed.run("systemd-analyze verify pucci.service pucci-camera.service 2>&1; true")
    said = said.replace("Command 'man pucci(1)' failed", "")  # no man in there; lintian has read the page
    assert [
        line for line in said.splitlines() if re.search("pucci.*: .*:[0-9]+|Unknown|ignoring", line)
    ] == []
    assert (installed.folder / "usr/share/man/man1/pucci.1.gz").exists()
    complete = (
        ". /usr/share/bash-completion/completions/pucci;"
        " COMP_WORDS=(pucci sn); COMP_CWORD=1; _pucci; echo ${COMPREPLY[*]}"
    )
    assert installed.run(f"bash -c '{complete}'").strip() == "snap"


def test_removing_keeps_the_photos_and_purging_asks_first(installed: Chroot):
    installed.run("pucci snap", PUCCI_CAMERAS_SOFA_DRIVER="synthetic")
    photos = sorted((installed.folder / "var/lib/pucci/photos").rglob("*.jpg"))
    assert photos

    installed.run("apt-get -qq remove -y pucci")
    assert (installed.folder / "etc/pucci/pucci.toml").exists()
    installed.run("apt-get -qq purge -y pucci")
    assert sorted((installed.folder / "var/lib/pucci/photos").rglob("*.jpg")) == photos
    assert what_is_left(installed) == ["/var/lib/pucci"]

    installed.run("apt-get -qq install -y --no-install-recommends /tmp/pucci.deb")
    assert "pucci.db" in installed.run("ls /var/lib/pucci")
    installed.run("pucci check-album")
    installed.run("echo pucci pucci/delete-photos boolean true | debconf-set-selections")
    installed.run("apt-get -qq purge -y pucci")
    assert what_is_left(installed) == []


def what_is_left(chroot: Chroot) -> list[str]:
    """Return what still bears the name, but for the package file itself and what lies below the photos."""
    found = chroot.run(
        "find / -xdev -iname '*pucci*' -not -path '/proc/*' -not -path '/dev/*' -not -path '/var/lib/pucci/*'"
        " -not -path '/tmp/pucci.deb'; true"
    )
    return sorted(found.split())

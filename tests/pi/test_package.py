"""The Debian package on a Pi-like machine: installed, booted, reset amid photos, and set up wrongly."""

import os
import random
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pi.lab import DEVICE, HERE, Pi, patience, wait_for

pytestmark = pytest.mark.pi

ROOT = HERE.parent.parent
CAMERA_UNIT = """[Service]
WorkingDirectory=/opt/lab
ExecStart=/usr/bin/python3 -m uvccam /opt/lab/frames
[Install]
WantedBy=multi-user.target
"""
UP_WITHIN_S = 90.0
PSS_AT_MOST_KB = 150_000
SETTINGS = "/etc/pucci/pucci.toml"
UNITS = ("pucci.service", "pucci-camera.service", "apache2.service")
PHOTOS = "find /var/lib/pucci/photos -name '*.jpg' 2>/dev/null"


@pytest.fixture(scope="module")
def appliance(camera_frames: Path) -> Iterator[Pi]:
    """A guest of its own, for it boots again, with the package and a USB camera at each boot."""
    if os.geteuid() != 0:
        pytest.skip("only root can make the guest's disk")
    with tempfile.TemporaryDirectory(prefix="pucci-pi-") as folder:
        pi = Pi(Path(folder))
        try:
            pi.up()
            built = Path(folder) / "deb"
            subprocess.run(
                [ROOT / "script/package", "--output", built], check=True, capture_output=True, timeout=300
            )
            pi.put(HERE / "uvccam", camera_frames, into="/opt/lab")
            pi.put(*built.glob("*.deb"), into="/root")
            unit = "/etc/systemd/system/camera.service"
            pi.ok(f"cat >{unit} <<'E'\n{CAMERA_UNIT}E\nsystemctl enable --now camera")
            pi.ok("DEBIAN_FRONTEND=noninteractive dpkg -i /root/pucci_*.deb", timeout=240)
            yield pi
        finally:
            pi.down()


def photos(pi: Pi) -> int:
    return int(pi.ok(f"{PHOTOS} | wc -l"))


def journal(pi: Pi) -> str:
    return pi.ok("journalctl -b -u pucci -u pucci-camera -o cat --no-pager")


def answers(pi: Pi, port: int) -> bool:
    return pi.run(f"curl -fsS -o /dev/null -m 20 http://127.0.0.1:{port}/")[0] == 0


def until_up(pi: Pi, before: int) -> float:
    """Wait until Apache answers and a photo has come; return the seconds since the kernel began."""
    limit_s = UP_WITHIN_S * patience()
    loop = (
        "while :; do curl -fsS -o /dev/null -m 20 http://127.0.0.1/"
        f" && [ $({PHOTOS} | wc -l) -gt {before} ] && break; sleep 0.5; done; cut -d' ' -f1 /proc/uptime"
    )
    return float(pi.ok(loop, timeout=limit_s).split()[-1])


def pss_kb(pi: Pi) -> int:
    """Return the memory of everything of Pucci's and Apache's, each shared page divided by who shares it."""
    script = (
        "for p in $(pgrep -u pucci; pgrep apache2); do echo $p; done | sort -u"
        " | while read p; do cat /proc/$p/smaps_rollup 2>/dev/null; done"
        " | awk '/^Pss:/ { s += $2 } END { print s }'"
    )
    return int(pi.ok(script))


def test_installing_starts_it(appliance: Pi):
    wait_for(lambda: photos(appliance) > 0, 90, "photo after installing")
    wait_for(lambda: answers(appliance, 8090), 30, "answer at port 8090")
    said = journal(appliance)
    assert "`sudo pucci link`" in said
    assert "sofa: Pucci test camera, 640×480" in said
    assert "/setup/" not in said
    assert "/setup/" in appliance.ok("pucci link", timeout=90)


def test_what_is_wrong_is_in_the_journal_and_it_comes_back_by_itself(appliance: Pi):
    """Five mistakes, a port that is taken, a disk that cannot be written; never a loop at full speed."""
    before = appliance.get(SETTINGS).decode()

    def fails_with(break_it: str, words: list[str], mend_it: str) -> None:
        appliance.ok(f"systemctl stop pucci; journalctl --rotate --vacuum-time=1s -q; {break_it}")
        appliance.run("systemctl start pucci", timeout=90)
        wait_for(lambda: all(word in journal(appliance) for word in words), 90, f"{words} in the journal")
        restarts = int(appliance.ok("systemctl show -P NRestarts pucci"))
        assert restarts < 10
        assert "Traceback" not in journal(appliance)
        appliance.ok(f"systemctl stop pucci; {mend_it}")

    wrong = 'colour = 1\\n[server]\\nprot = 80\\nport = "x"\\n[capture]\\ninterval_s = 0\\n[cameras.A]\\n'
    fails_with(
        f"cp {SETTINGS} /root/kept.toml; printf '{wrong}' >{SETTINGS}",
        [f"pucci.toml, line {line}: " for line in (1, 3, 4, 6, 7)],
        f"cat /root/kept.toml >{SETTINGS}",
    )
    fails_with(
        "systemd-run --quiet --unit=taker python3 -m http.server 8090; sleep 3",
        ["Another program listens on 0.0.0.0, port 8090. Stop it, or choose another port"],
        "systemctl stop taker",
    )
    fails_with(
        "mount -t tmpfs -o mode=750,uid=$(id -u pucci),gid=$(id -g pucci) none /var/lib/pucci"
        " && mount -o remount,ro /var/lib/pucci",
        ["Read-only file system"],
        "umount /var/lib/pucci",
    )
    assert appliance.get(SETTINGS).decode() == before
    appliance.ok("systemctl start pucci", timeout=120)
    wait_for(lambda: answers(appliance, 8090), 60, "answer at port 8090")


def test_a_camera_that_is_pulled_out_is_named_and_found_again(appliance: Pi):
    appliance.ok(
        f"printf '\\n[capture]\\ninterval_s = 10\\n' >>{SETTINGS}; systemctl restart pucci", timeout=120
    )
    taken = photos(appliance)
    wait_for(lambda: photos(appliance) > taken, 60, "photo")
    appliance.camera("unplug")
    wait_for(lambda: "was missed: " in journal(appliance), 60, "word of the missed slot")
    appliance.camera("plug")
    taken = photos(appliance)
    wait_for(lambda: photos(appliance) > taken, 60, "photo of the camera that is back")


def test_a_camera_that_hangs_is_reset_by_the_service_itself(appliance: Pi):
    """As its own account and in its sandbox: of all that is on USB the webcam alone is its to reset."""
    wait_for(lambda: not_roots(appliance) == ["Pucci test camera video:664"], 30, "the webcam's group alone")
    before = appliance.camera("wedged")
    taken = photos(appliance)
    took = wait_for(lambda: photos(appliance) > taken + 1, 60 + 60, "photo after the reset")
    print(f"a photo {took:.0f} s after the camera hung, {journal(appliance)[-600:]}")
    after = appliance.camera_stat()
    assert after["resets"] == before["resets"] + 1
    assert after["attaches"] == before["attaches"]
    assert "so its USB port is reset." in journal(appliance)
    assert "reset sofa" not in appliance.run("pucci doctor", timeout=120)[1]


def not_roots(pi: Pi) -> list[str]:
    """Return the devices on USB that others than root may write to: product, group and mode."""
    told = pi.ok(
        "udevadm settle; for d in /sys/bus/usb/devices/*/busnum; do d=${d%/busnum};"
        " node=$(sed -n s/^DEVNAME=//p $d/uevent);"
        ' echo "$(cat $d/product) $(stat -c %G:%a /dev/$node)"; done',
        timeout=60,
    )
    return [line for line in told.splitlines() if "root:" not in line]


def states(pi: Pi, *units: str) -> list[str]:
    """Return whether each unit is enabled and active."""
    words = " ".join(units)
    enabled = pi.run(f"systemctl is-enabled {words}", timeout=60)[1].split("\n")
    active = pi.run(f"systemctl is-active {words}", timeout=60)[1].split("\n")
    return [f"{one} {two}" for one, two in zip(enabled, active, strict=True) if one]


@pytest.fixture(scope="module")
def under_apache(appliance: Pi) -> Pi:
    """The appliance with a photo each ten seconds, and its pages by Apache, as the guide says."""
    appliance.ok(f"grep -q interval_s {SETTINGS} || printf '\n[capture]\ninterval_s = 10\n' >>{SETTINGS}")
    # What `apt install apache2` does; the image has switched it off.
    appliance.ok("systemctl enable -q --now apache2", timeout=120)
    said = appliance.ok("pucci deploy apache --apply", timeout=300)
    assert "apache is set up." in said
    assert "pucci.service gave way to pucci-camera.service." in said
    assert "Plain HTTP: whoever is on the line reads along" in said
    return appliance


def test_apaches_site_switches_the_services_and_back(under_apache: Pi):
    pi = under_apache
    assert states(pi, *UNITS) == ["disabled inactive", "enabled active", "enabled active"]
    wait_for(lambda: answers(pi, 80), 60, "page by Apache")
    assert not answers(pi, 8090)
    assert "nothing changed" in pi.ok("pucci deploy apache --apply", timeout=300)
    said = pi.ok("sed -i '/^.server.$/a address = \"https://cam.pucci.example\"' /etc/pucci/pucci.toml;"
        " printf '\n[deploy]\nacme_email = \"gwen@example.org\"\n' >>/etc/pucci/pucci.toml;"
        " pucci deploy apache --apply", timeout=300)  # fmt: skip
    assert "The certificate comes within a minute" in said
    certificate = [f"pucci-certificate.{kind}" for kind in ("path", "timer")]
    assert states(pi, *certificate) == ["enabled active", "enabled active"]
    assert "301" in pi.ok(
        "curl -sS -o /dev/null -w '%{http_code}' -H 'Host: cam.pucci.example' http://127.0.0.1/"
    )
    pi.ok("sed -i '/^address = /d; /^.deploy.$/d; /^acme_email/d' /etc/pucci/pucci.toml")

    assert "apache is as it was before." in pi.ok("pucci deploy apache --remove", timeout=300)
    assert states(pi, *UNITS) == ["enabled active", "disabled inactive", "enabled active"]
    wait_for(lambda: answers(pi, 8090), 30, "answer at port 8090")
    assert pi.ok("ls /etc/apache2/sites-enabled").split() == ["000-default.conf"]
    assert pi.run("ls /etc/systemd/system/*/pucci-certificate.*")[0] != 0
    assert "is set up." in pi.ok("pucci deploy apache --apply", timeout=300)
    assert states(pi, *UNITS) == ["disabled inactive", "enabled active", "enabled active"]


def test_an_upgrade_goes_on_with_the_new_version(under_apache: Pi):
    """Another version's files under a program that runs on would be a mixture of two."""
    pi = under_apache
    programs = "systemctl show -P MainPID pucci-camera; pgrep -f '^.wsgi:pucci'"
    before = pi.ok(programs).split()
    pi.ok("DEBIAN_FRONTEND=noninteractive dpkg -i /root/pucci_*.deb", timeout=240)
    assert states(pi, *UNITS) == ["disabled inactive", "enabled active", "enabled active"]
    wait_for(lambda: answers(pi, 80), 60, "answer of the new pages")
    assert set(pi.ok(programs).split()) & set(before) == set()


def test_after_a_boot_the_site_answers_through_apache_and_a_photo_is_there(under_apache: Pi):
    pi = under_apache
    before = photos(pi)
    pi.again("systemctl reboot")
    took = until_up(pi, before)
    pi.ok("for i in 1 2 3 4 5; do curl -fsS -o /dev/null http://127.0.0.1/ http://127.0.0.1/login; done")
    pss = pss_kb(pi)
    print(f"up {took:.0f} s after the kernel began; PSS of camera, site and Apache {pss / 1000:.0f} MB")
    print(pi.ok("systemd-analyze; systemd-analyze blame --no-pager | head -n 15", timeout=120))
    assert took < UP_WITHIN_S * patience()
    assert pss < PSS_AT_MOST_KB
    assert DEVICE.startswith("/dev/v4l/")
    assert states(pi, *UNITS) == ["disabled inactive", "enabled active", "enabled active"]


def test_the_doctor_sees_the_services_the_site_and_the_camera(under_apache: Pi):
    said = under_apache.run("pucci doctor", timeout=120)[1]
    print(said)
    lines = {line[2:18].strip(): line for line in said.splitlines() if line[:1] in "✓·!?"}
    assert lines["camera sofa"].startswith("✓ camera sofa     Pucci test camera, at")
    assert "apache2.service" in lines["services"]
    assert "pucci-camera.service" in lines["services"]
    assert lines["site"].startswith("✓ site            answers on port 80: ")
    assert lines["photos"].startswith("✓")
    assert under_apache.ok("find /var/lib/pucci ! -user pucci") == ""


@pytest.mark.parametrize("times", [2, pytest.param(10, marks=pytest.mark.soak)])
def test_hard_resets_in_the_middle_of_photos_lose_nothing(under_apache: Pi, times: int):
    pi = under_apache
    dice = random.Random(times)
    for _ in range(times):
        before = photos(pi)
        pi.again(f"sleep {dice.uniform(0, 10):.1f}; echo b >/proc/sysrq-trigger")
        took = until_up(pi, before)
        print(f"up again {took:.0f} s after the kernel began, {before} photos before")
        code, said = pi.run("pucci check-album", timeout=120)
        assert code == 0, said
        assert photos(pi) >= before

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
            pi.put(HERE / "apache.conf", *built.glob("*.deb"), into="/root")
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


def test_after_a_boot_the_site_answers_through_apache_and_a_photo_is_there(appliance: Pi):
    appliance.ok(
        "cp /root/apache.conf /etc/apache2/sites-available/pucci.conf && a2enmod -q proxy_http"
        " && a2dissite -q 000-default && a2ensite -q pucci && systemctl enable -q apache2"
        " && systemctl disable -q --now pucci && systemctl enable -q pucci-camera",
        timeout=120,
    )
    before = photos(appliance)
    appliance.again("systemctl reboot")
    took = until_up(appliance, before)
    appliance.ok(
        "for i in 1 2 3 4 5; do curl -fsS -o /dev/null http://127.0.0.1/ http://127.0.0.1/login; done"
    )
    pss = pss_kb(appliance)
    print(f"up {took:.0f} s after the kernel began; PSS of camera, site and Apache {pss / 1000:.0f} MB")
    assert took < UP_WITHIN_S * patience()
    assert pss < PSS_AT_MOST_KB
    assert DEVICE.startswith("/dev/v4l/")
    assert appliance.ok("systemctl is-active pucci-camera apache2").split() == ["active", "active"]


@pytest.mark.parametrize("times", [2, pytest.param(10, marks=pytest.mark.soak)])
def test_hard_resets_in_the_middle_of_photos_lose_nothing(appliance: Pi, times: int):
    """After the test before: a photo each ten seconds, through Apache."""
    dice = random.Random(times)
    for _ in range(times):
        before = photos(appliance)
        appliance.again(f"sleep {dice.uniform(0, 10):.1f}; echo b >/proc/sysrq-trigger")
        took = until_up(appliance, before)
        print(f"up again {took:.0f} s after the kernel began, {before} photos before")
        code, said = appliance.run("pucci check-album", timeout=120)
        assert code == 0, said
        assert photos(appliance) >= before

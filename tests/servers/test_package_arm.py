"""The Debian package on 32-bit ARM: every instruction by QEMU, as a Cortex-A7 (Pi 2) would do it."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.servers.test_package import deb, run

__all__ = ["deb"]  # the fixture

pytestmark = [pytest.mark.servers, pytest.mark.soak]

HERE = Path(__file__).parent
ENVIRON = {"QEMU_CPU": "cortex-a7", "DEBIAN_FRONTEND": "noninteractive"}
# Programs of 32-bit ARM, little-endian, go to QEMU; F: it is opened now, so that it serves in a chroot.
BINFMT = r"""set -e
mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
printf ':arm:M::\\x7fELF\\x01\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\x28\\x00'\
':\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff'\
':/usr/bin/qemu-arm-static:F' >/proc/sys/fs/binfmt_misc/register
"""
MAKE = """mmdebstrap --mode=root --architectures=armhf --variant=apt --components=main --format=directory \
--aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io \
--include="$3" trixie "$1" "deb $2 trixie main"
"""
INSTALL = """mount --rbind /proc "$1/proc"; mount --rbind /dev "$1/dev"
chroot "$1" sh -ec 'dpkg -i /tmp/pucci.deb; PUCCI_CAMERAS_SOFA_DRIVER=synthetic pucci snap
for photo in $(find /var/lib/pucci/photos -name "*.jpg"); do pucci check $photo; done; uname -m'
"""


def as_arm(script: str, *words: object, net: bool = False) -> str:
    apart = () if net else ("unshare", "--net")
    command = (sys.executable, HERE / "as_other_users.py", *apart, "sh", "-c", BINFMT + script, "sh", *words)
    return run(*command, timeout=3600, environ=ENVIRON)


def test_it_installs_and_takes_a_photo(deb: Path, tmp_path: Path):
    for tool, package in (("qemu-arm-static", "qemu-user-static"), ("arch-test", "arch-test")):
        assert shutil.which(tool), f"sudo apt install {package}"
    for above in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        above.chmod(0o755)  # apt downloads as a user of its own
    targets = run("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages").split()
    mirror = next(address for address in targets if "security" not in address)
    depends = run("dpkg-deb", "-f", deb, "Depends")
    names = re.sub(r" *\([^)]*\)| *\|[^,]*|:any|\s", "", depends)
    root = tmp_path / "root"
    try:
        as_arm(MAKE, root, mirror, names, net=True)
        policy = root / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        shutil.copy(deb, root / "tmp/pucci.deb")
        said = as_arm(INSTALL, root).splitlines()
        assert said[-1] == "armv7l"
        assert said[-2].endswith(".jpg: whole")
    finally:
        shutil.rmtree(root, ignore_errors=True)

"""A room of its own: the machine's folders, over which whatever is written goes to memory and is forgotten.

`pucci deploy` and the real programs run in it just as they would on the machine; where `net` is said, with a
network of their own too.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

REPO = Path(__file__).parent.parent.parent
UID = 64_321
PYTHON = Path(sys.prefix) / "bin" / "python"

_FURNISH = """
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$1"
for name in etc var; do
    mkdir "$1/$name" "$1/$name.work"
    mount -t overlay overlay -o "lowerdir=/$name,upperdir=$1/$name,workdir=$1/$name.work" "/$name"
done
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/apache2 /run/lock /run/systemd
[ ! -e /etc/pucci ] || rm -r /etc/pucci
echo "pucci:x:$2:$2::/nonexistent:/usr/sbin/nologin" >>/etc/passwd
echo "pucci:x:$2:" >>/etc/group
install -d -g $2 -m 750 /etc/pucci
rm -rf /var/lib/pucci
install -d -o $2 -g $2 -m 750 /var/lib/pucci
[ -z "$3" ] || ip link set lo up
echo ready
exec sleep infinity
"""


class Room:
    """Starts empty-handed; `close()` ends what runs in it, if its command was left running."""

    def __init__(self, *, net: bool = False) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="pucci-room-")
        self._spaces = ["-m", *(["-n"] if net else [])]
        command = ["unshare", *self._spaces, "bash", "-c", _FURNISH, "room", self._folder.name, str(UID)]
        self._keeper = subprocess.Popen([*command, "net" if net else ""], stdout=subprocess.PIPE, text=True)
        assert self._keeper.stdout is not None
        assert self._keeper.stdout.readline() == "ready\n"
        self.pid = self._keeper.pid

    def words(self, *command: str) -> list[str]:
        """Return a command as it is run in the room."""
        return ["nsenter", "-t", str(self.pid), *self._spaces, "--", *command]

    def run(self, *command: str, code: int | None = 0, limit_s: float = 60, **environ: str) -> str:
        """Run a command to its end, and return what it says."""
        done = subprocess.run(
            self.words(*command),
            env=clean() | environ,
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=False,
        )
        said = done.stdout + done.stderr
        assert code is None or done.returncode == code, f"{command}: {done.returncode}\n{said}"
        return said

    def start(self, *command: str, **environ: str) -> subprocess.Popen[str]:
        """Start a command, and leave it running."""
        return subprocess.Popen(
            self.words(*command),
            env=clean() | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def pucci(self, *words: str, code: int | None = 0, **environ: str) -> str:
        """Run `pucci`, as root."""
        return self.run(str(PYTHON), "-m", "pucci", *words, code=code, limit_s=60, **environ)

    def write(self, path: str, text: str) -> None:
        """Write a file in the room."""
        subprocess.run(self.words("tee", path), input=text, text=True, stdout=subprocess.DEVNULL, check=True)

    def read(self, path: str) -> str:
        """Read a file in the room."""
        return self.run("cat", path)

    def close(self) -> None:
        """Let the room go."""
        self._keeper.kill()
        self._keeper.wait(10)
        if self._keeper.stdout is not None:
            self._keeper.stdout.close()
        self._folder.cleanup()


def clean() -> dict[str, str]:
    """Return an environment without anything of the tests'."""
    return {
        "PATH": f"/usr/sbin:/usr/bin:/sbin:/bin:{os.environ['PATH']}",
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
    }


def is_readable_by_all(path: Path) -> bool:
    """Whether another account gets at a path."""
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in (path, *path.parents))


def account() -> str:
    """Return whom the pages run as: pucci, or root where the checkout is root's alone."""
    return "pucci" if is_readable_by_all(REPO / "src") and is_readable_by_all(Path(sys.prefix)) else "root"

"""Run a command as root of a user namespace with users 0 to 65535, where binfmt_misc is nobody else's.

python3 as_other_users.py COMMAND…; needs root, and Linux 6.7 for a binfmt_misc of the namespace's own.
"""

import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000  # sched.h


def main() -> int:
    apart, told = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        if ctypes.CDLL(None).unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0:
            os._exit(1)
        os.write(apart[1], b"1")
        os.read(told[0], 1)
        os.setgid(0)
        os.setuid(0)
        os.execvp(sys.argv[1], sys.argv[1:])
    os.read(apart[0], 1)
    for name in ("uid_map", "gid_map"):
        Path(f"/proc/{child}/{name}").write_text("0 0 65536")
    os.write(told[1], b"1")
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main())

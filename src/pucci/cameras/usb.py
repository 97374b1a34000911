"""The USB port that a webcam hangs on: found by its video node in /sys, reset by usbfs."""

import fcntl
import os
from pathlib import Path

from pucci.cameras.devices import ROOT

# USBDEVFS_RESET, _IO('U', 20): https://docs.kernel.org/driver-api/usb/usb.html
_RESET = ord("U") << 8 | 20


def usb_node(video: Path, root: Path = ROOT) -> Path | None:
    """Return /dev/bus/usb/BBB/DDD of the device that a video node belongs to; None if it is on no USB."""
    interface = (root / "sys/class/video4linux" / video.resolve().name / "device").resolve()
    for folder in (interface, interface.parent):
        try:
            bus, device = (int((folder / name).read_text()) for name in ("busnum", "devnum"))
        except (OSError, ValueError):
            continue
        return root / f"dev/bus/usb/{bus:03}/{device:03}"
    return None


def may_reset(node: Path) -> bool:
    """Whether this account may reset a USB device: whoever may write to its node may."""
    return os.access(node, os.W_OK)


def reset(node: Path) -> None:
    """Have the kernel reset a device's port, as if its plug were pulled and put back.

    Its drivers let it go and take it again, so its video node goes and comes back, maybe as another number.
    It may take seconds, or for ever where the host controller itself has hung.

    Raises:
        OSError: the kernel's reason.
    """
    descriptor = os.open(node, os.O_WRONLY | os.O_CLOEXEC)
    try:
        fcntl.ioctl(descriptor, _RESET, 0)
    finally:
        os.close(descriptor)

"""A machine's /dev, /sys and /proc as files in a folder."""

from pathlib import Path


class Machine:
    """What is plugged in, as `pucci.cameras.devices` reads it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("dev/v4l/by-id", "sys/class/video4linux", "sys/bus/usb", "sys/bus/platform", "proc"):
            (root / folder).mkdir(parents=True)

    def plug_in(self, number: int, name: str = "Lab USB camera", *, index: int = 0, bus: str = "usb") -> Path:
        """Plug a node in; return the path it is to be named by."""
        node = self.root / f"dev/video{number}"
        node.touch()
        device = self.root / f"sys/devices/{number}"
        device.mkdir(parents=True, exist_ok=True)
        (device / "subsystem").symlink_to(self.root / "sys/bus" / bus)
        entry = self.root / f"sys/class/video4linux/video{number}"
        entry.mkdir()
        (entry / "name").write_text(name + "\n")
        (entry / "index").write_text(f"{index}\n")
        (entry / "device").symlink_to(device)
        if bus != "usb":
            return node
        link = self.root / f"dev/v4l/by-id/usb-{name.replace(' ', '_')}-video-index{index}"
        link.symlink_to(f"../../video{number}")
        return link

    def usb_port(self, number: int, bus: int, device: int) -> Path:
        """Hang a node on a device of a USB bus, of which it is an interface; return the device's node."""
        folder = self.root / f"sys/devices/usb{bus}/{bus}-{device}"
        interface = folder / f"{bus}-{device}:1.0"
        interface.mkdir(parents=True)
        (folder / "busnum").write_text(f"{bus}\n")
        (folder / "devnum").write_text(f"{device}\n")
        (interface / "subsystem").symlink_to(self.root / "sys/bus/usb")
        link = self.root / f"sys/class/video4linux/video{number}/device"
        link.unlink()
        link.symlink_to(interface)
        node = self.root / f"dev/bus/usb/{bus:03}/{device:03}"
        node.parent.mkdir(parents=True, exist_ok=True)
        node.touch()
        return node

    def pull_out(self, number: int) -> None:
        (self.root / f"dev/video{number}").unlink()
        for link in (self.root / "dev/v4l/by-id").iterdir():
            if link.readlink().name == f"video{number}":
                link.unlink()

    def open_by(self, pid: int, program: str, path: Path) -> None:
        """Let a process hold a device open."""
        process = self.root / f"proc/{pid}"
        (process / "fd").mkdir(parents=True)
        (process / "fd/3").symlink_to(path)
        (process / "comm").write_text(program + "\n")

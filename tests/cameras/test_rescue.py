"""A webcam that hangs has its USB port reset once, in limited time, and the sentence says what came of it."""

import errno
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pucci.cameras import usb
from pucci.cameras.rescue import APART_S, LEAST_S, LEAST_TRIES, Fault, Rescue, hangs, is_due
from pucci.cameras.v4l2 import explain
from pucci.errors import CameraBusy, CameraError, CameraFailed, CameraMissing, CameraSilent, CameraStuck
from tests.cameras.attached import Machine
from tests.fakes import FakeClock

SILENT = CameraSilent("The camera sofa sends nothing. Unplug it and plug it in again.")
HUNG = Fault(since=0.0, tries=LEAST_TRIES)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


@pytest.fixture
def video(machine: Machine) -> Path:
    """A webcam's lasting name; it hangs on port 3 of bus 1."""
    path = machine.plug_in(0)
    machine.usb_port(0, 1, 3)
    return path


class Ports:
    """Remembers which nodes were reset; does with each what it was told."""

    def __init__(self, does: Callable[[], object] = lambda: None) -> None:
        self.reset: list[str] = []
        self.does = does

    def __call__(self, node: Path) -> None:
        self.reset.append("/".join(node.parts[-2:]))
        self.does()


def rescue(machine: Machine, clock: FakeClock, ports: Ports, *, limit_s: float = 5.0) -> Rescue:
    return Rescue("sofa", clock=clock, root=machine.root, reset=ports, limit_s=limit_s)


def tried(one: Rescue, clock: FakeClock, video: Path, *, minutes: float) -> CameraError:
    """Try a silent camera every twelve seconds for some minutes; return its last error."""
    said: CameraError = SILENT
    for _ in range(round(minutes * 5)):
        one.help(video)
        said = one.failed(SILENT)
        clock.advance(12)
    return said


# -- when ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "now", "last", "due"),
    [
        (None, 1e6, None, False),
        (HUNG, LEAST_S, None, True),
        (HUNG, LEAST_S - 1, None, False),
        (Fault(0.0, LEAST_TRIES - 1), 1e6, None, False),
        (Fault(0.0, LEAST_TRIES, tried="a reset of its USB port did not help"), 1e6, None, False),
        (Fault(0.0, LEAST_TRIES, refused=True), 1e6, None, False),
        (HUNG, LEAST_S, LEAST_S - APART_S + 1, False),
        (HUNG, LEAST_S, LEAST_S - APART_S, True),
    ],
)
def test_a_reset_is_due_once_in_a_fault_that_lasts_and_once_an_hour(
    fault: Fault | None, now: float, last: float | None, *, due: bool
):
    assert is_due(fault, now=now, last=last) is due


def from_kernel(number: int) -> CameraError:
    cause = OSError(number, os.strerror(number))
    error = explain(cause, Path("/dev/video0"))
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "does"),
    [
        (SILENT, True),
        (from_kernel(errno.EIO), True),
        (from_kernel(errno.ETIMEDOUT), True),
        (from_kernel(errno.EPIPE), True),
        (from_kernel(errno.EPROTO), True),
        (from_kernel(errno.EMEDIUMTYPE), False),
        (from_kernel(errno.EBUSY), False),
        (from_kernel(errno.ENODEV), False),
        (from_kernel(errno.EACCES), False),
        (from_kernel(errno.ENOTTY), False),
        (from_kernel(errno.ENOSPC), False),
        (CameraFailed("The camera sofa is closed."), False),
    ],
)
def test_only_a_camera_that_is_there_and_gives_nothing_hangs(error: CameraError, *, does: bool):
    assert hangs(error) is does


# -- how -------------------------------------------------------------------------------------------


def test_the_usb_node_is_that_of_the_device_whose_interface_gives_pictures(machine: Machine, video: Path):
    assert usb.usb_node(video, machine.root) == machine.root / "dev/bus/usb/001/003"
    assert usb.usb_node(machine.root / "dev/video0", machine.root) == machine.root / "dev/bus/usb/001/003"


def test_what_is_on_no_usb_has_no_node(machine: Machine):
    assert usb.usb_node(machine.plug_in(10, "bcm2835-codec", bus="platform"), machine.root) is None
    assert usb.usb_node(Path("/dev/video99"), machine.root) is None


def test_what_is_no_usb_device_refuses_to_be_reset(tmp_path: Path):
    (tmp_path / "003").touch()
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(OSError, match="Inappropriate ioctl"):
        usb.reset(tmp_path / "003")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


# -- both ------------------------------------------------------------------------------------------


def test_a_silent_camera_is_reset_after_a_minute_and_not_again_in_the_same_fault(
    machine: Machine, video: Path, clock: FakeClock
):
    ports = Ports()
    one = rescue(machine, clock, ports)
    assert tried(one, clock, video, minutes=1) is SILENT
    assert ports.reset == []
    said = tried(one, clock, video, minutes=240)
    assert ports.reset == ["001/003"]
    assert isinstance(said, CameraStuck)
    assert said.reason == "camera stuck"
    assert str(said) == (
        "The camera sofa hangs, and a reset of its USB port did not help. Pull its plug and put it back."
    )


def test_a_camera_that_comes_back_is_well_and_one_that_hangs_again_waits_for_its_hour(
    machine: Machine, video: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    ports = Ports()
    one = rescue(machine, clock, ports)
    tried(one, clock, video, minutes=1.2)
    assert len(ports.reset) == 1
    one.well()
    assert "sofa: the camera hangs for 60 s, so its USB port is reset." in caplog.text
    assert "sofa: the camera sends frames again." in caplog.text
    assert tried(one, clock, video, minutes=50) is SILENT
    assert len(ports.reset) == 1
    tried(one, clock, video, minutes=12)
    assert len(ports.reset) == 2


def test_frames_in_between_are_no_fault(machine: Machine, video: Path, clock: FakeClock):
    ports = Ports()
    one = rescue(machine, clock, ports)
    for _ in range(100):
        tried(one, clock, video, minutes=0.8)
        one.well()
    assert ports.reset == []


def test_a_pulled_plug_ends_the_fault(machine: Machine, video: Path, clock: FakeClock):
    ports = Ports()
    one = rescue(machine, clock, ports)
    for _ in range(20):
        tried(one, clock, video, minutes=0.8)
        gone = CameraMissing("It is unplugged. Plug it in.")
        assert one.failed(gone) is gone
    assert ports.reset == []


def test_a_busy_camera_is_left_alone(machine: Machine, video: Path, clock: FakeClock):
    ports = Ports()
    one = rescue(machine, clock, ports)
    for _ in range(100):
        one.help(video)
        one.failed(CameraBusy("Another program has it. Stop it."))
        clock.advance(12)
    assert ports.reset == []


def test_a_reset_that_never_ends_holds_nobody_up_and_leaves_one_thread(
    machine: Machine, video: Path, clock: FakeClock
):
    let_go = threading.Event()
    one = rescue(machine, clock, Ports(let_go.wait), limit_s=0.1)
    before, began = threading.active_count(), time.monotonic()
    said = tried(one, clock, video, minutes=3)
    one.well()
    clock.advance(APART_S)
    tried(one, clock, video, minutes=3)
    assert time.monotonic() - began < 5
    assert threading.active_count() == before + 1
    assert "a reset of its USB port was not done within 0.1 s. Pull its plug" in str(said)
    let_go.set()


def test_what_the_kernel_says_against_a_reset_is_told(machine: Machine, video: Path, clock: FakeClock):
    def refuse() -> None:
        raise OSError(errno.ENODEV, "No such device")

    said = tried(rescue(machine, clock, Ports(refuse)), clock, video, minutes=3)
    assert "hangs, and its USB port could not be reset (No such device). Pull its plug" in str(said)


def test_a_camera_that_does_not_come_back_from_its_reset_is_no_pulled_plug(
    machine: Machine, video: Path, clock: FakeClock
):
    one = rescue(machine, clock, Ports(lambda: machine.pull_out(0)))
    tried(one, clock, video, minutes=1)
    one.help(video)
    said = one.failed(CameraMissing("/dev/video0 is unplugged. Plug it in; it goes on by itself."))
    assert str(said) == (
        "The camera sofa hangs, and it did not come back from a reset of its USB port. "
        "Pull its plug and put it back."
    )
    assert isinstance(said, CameraStuck)


def test_who_may_not_reset_says_so_once_in_the_log_and_in_each_sentence(
    machine: Machine, video: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
):
    ports = Ports()
    # Root may write to all that is there: what is not there is nobody's.
    (machine.root / "dev/bus/usb/001/003").unlink()
    said = tried(rescue(machine, clock, ports), clock, video, minutes=5)
    assert ports.reset == []
    assert caplog.text.count("may not write to") == 1
    assert type(said) is CameraSilent
    assert str(said).endswith("Pucci may not reset its USB port. Pull its plug and put it back.")


def test_a_camera_that_fails_for_good_is_reset_too(machine: Machine, video: Path, clock: FakeClock):
    ports = Ports()
    one = rescue(machine, clock, ports)

    def fails() -> None:
        with one.watched():
            one.help(video)
            raise from_kernel(errno.EIO) from OSError(errno.EIO, "Input/output error")

    for _ in range(8):
        with pytest.raises(CameraError):
            fails()
        clock.advance(12)
    assert ports.reset == ["001/003"]
    with pytest.raises(CameraStuck, match="sofa hangs, and a reset of its USB port did not help"):
        fails()

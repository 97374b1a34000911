"""What is attached, read from files."""

import os
from pathlib import Path

import pytest

from pucci.cameras.devices import Holder, first_webcam, holders, webcams
from tests.cameras.attached import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


def test_nothing_attached_is_no_webcam(machine: Machine, tmp_path: Path):
    assert first_webcam(machine.root) is None
    assert first_webcam(tmp_path / "a folder that is not there") is None


def test_a_webcam_is_named_by_its_lasting_name(machine: Machine):
    link = machine.plug_in(0)
    (found,) = webcams(machine.root)
    assert (found.path, found.name) == (link, "Lab USB camera")


def test_the_node_with_data_about_pictures_is_no_webcam(machine: Machine):
    machine.plug_in(0)
    machine.plug_in(1, index=1)
    assert [webcam.node.name for webcam in webcams(machine.root)] == ["video0"]


def test_a_pis_codecs_and_scalers_are_no_webcams(machine: Machine):
    machine.plug_in(10, "bcm2835-codec-decode", bus="platform")
    machine.plug_in(14, "bcm2835-isp", bus="platform")
    machine.plug_in(20, "Kitchen")
    assert [webcam.name for webcam in webcams(machine.root)] == ["Kitchen"]


def test_webcams_come_in_the_order_of_their_numbers(machine: Machine):
    for number in (10, 2):
        machine.plug_in(number, f"Camera {number}")
    assert [webcam.name for webcam in webcams(machine.root)] == ["Camera 2", "Camera 10"]


def test_a_replugged_webcam_keeps_its_name_under_another_number(machine: Machine):
    before = machine.plug_in(0)
    machine.pull_out(0)
    assert first_webcam(machine.root) is None
    assert machine.plug_in(3) == before
    found = first_webcam(machine.root)
    assert found is not None
    assert (found.path, found.node.name) == (before, "video3")


def test_a_node_without_a_lasting_name_is_taken_by_its_number(machine: Machine):
    machine.plug_in(0).unlink()
    found = first_webcam(machine.root)
    assert found is not None
    assert found.path == machine.root / "dev/video0"


def test_who_holds_a_device_is_found_by_either_of_its_names(machine: Machine):
    link = machine.plug_in(0)
    machine.open_by(812, "motion", machine.root / "dev/video0")
    machine.open_by(813, "sshd", machine.root / "dev/null")
    assert holders(link, machine.root) == [Holder(812, "motion")]
    assert holders(machine.root / "dev/video0", machine.root) == [Holder(812, "motion")]


def test_this_process_is_found_in_the_real_proc(tmp_path: Path):
    path = tmp_path / "held"
    with path.open("w"):
        assert os.getpid() in [holder.pid for holder in holders(path)]

"""Fixtures of the tests that need a whole machine: the guest, its camera, and a Pucci in it."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.pi import frames
from tests.pi.lab import Household, Pi, plug_in_camera, running_pi


@pytest.fixture(scope="session")
def camera_frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the frames that the camera plays."""
    folder = tmp_path_factory.mktemp("camera") / "frames"
    frames.make(folder)
    return folder


@pytest.fixture(scope="session")
def pi(camera_frames: Path) -> Iterator[Pi]:
    """The guest, up until the last test is done, with its camera plugged in."""
    if os.geteuid() != 0:
        pytest.skip("only root can make the guest's disk")
    with running_pi() as machine:
        plug_in_camera(machine, camera_frames)
        yield machine


@pytest.fixture
def camera(pi: Pi) -> Callable[..., dict]:
    """Tells the camera what to do; when the test begins it is plugged in and well."""
    pi.camera("plug", "fps 10", "ok")
    return pi.camera


@pytest.fixture
def household(
    request: pytest.FixtureRequest, pi: Pi, camera: Callable[..., dict]
) -> Callable[..., Household]:
    """Makes a Pucci of the test's own: `household(driver="fswebcam", cameras__sofa__width="320")`."""
    data_dir = "/var/lib/pucci-" + re.sub(r"\W+", "-", request.node.name).strip("-")

    def make(**settings: str) -> Household:
        named = {name.replace("__", "."): value for name, value in settings.items()}
        if "driver" in named:
            named["cameras.sofa.driver"] = named.pop("driver")
        return Household(pi, data_dir, named)

    return make

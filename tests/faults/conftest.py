"""A data folder that is ready for an act: made once, then copied."""

import shutil
from pathlib import Path

import pytest

from tests.faults.acts import Act, Made, prepare


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    ready: dict[str, Path] = {}

    def make(act: Act) -> Path:
        if act.name not in ready:
            ready[act.name] = tmp_path_factory.mktemp(act.name) / "ready"
            ready[act.name].mkdir()
            prepare(ready[act.name], act)
        folder = tmp_path_factory.mktemp("data") / "album"
        if act.photos:
            shutil.copytree(ready[act.name], folder)
        return folder

    return make

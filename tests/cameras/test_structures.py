"""Our structures are the kernel's: linuxpy, which generates them from its headers, is the witness."""

import ctypes

import pytest
from linuxpy.video import raw

from pucci.cameras import structures

SAME = [
    (structures.Capability, raw.v4l2_capability),
    (structures.FormatDescription, raw.v4l2_fmtdesc),
    (structures.FrameSize, raw.v4l2_frmsizeenum),
    (structures.Format, raw.v4l2_format),
    (structures.BufferRequest, raw.v4l2_requestbuffers),
    (structures.Buffer, raw.v4l2_buffer),
]
REQUESTS = ["QUERYCAP", "ENUM_FMT", "S_FMT", "REQBUFS", "QUERYBUF", "QBUF", "DQBUF", "STREAMON", "STREAMOFF"]


@pytest.mark.parametrize(("ours", "theirs"), SAME)
def test_a_structure_has_the_kernels_size_and_places(ours, theirs):  # noqa: ANN001
    assert ctypes.sizeof(ours) == ctypes.sizeof(theirs)
    for name, _ in ours._fields_:
        if hasattr(theirs, name):
            assert getattr(ours, name).offset == getattr(theirs, name).offset, name


@pytest.mark.parametrize("name", [*REQUESTS, "ENUM_FRAMESIZES"])
def test_a_request_has_the_kernels_number(name: str):
    assert getattr(structures, name) == getattr(raw.IOC, name) & 0xFFFFFFFF

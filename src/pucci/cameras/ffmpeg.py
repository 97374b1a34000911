"""Whatever ffmpeg reads: network cameras (RTSP, HTTP), films, and devices that the others cannot read.

One ffmpeg writes JPEG after JPEG to its output. Where the source is MJPEG already its frames are
passed on untouched; else they are decoded and encoded (`proves=False`). ffmpeg is told which
protocols it may use, so that no playlist leads it to another file or service.

User and password belong into the settings `username` and `password`. They are in no log and no
message, but ffmpeg takes them in its address, where other accounts of this machine see them.
"""

import stat
from pathlib import Path

from pucci.cameras import Stream, program
from pucci.cameras.addresses import checked, scheme_of, shown, with_login
from pucci.cameras.pipe import PipeStream
from pucci.clock import Clock
from pucci.errors import (
    CameraBusy,
    CameraDenied,
    CameraError,
    CameraFailed,
    CameraMissing,
    CameraSilent,
    SettingsError,
)
from pucci.settings import CameraSettings

REMEDY = "Run: sudo apt install ffmpeg."
# For each scheme of an address, what ffmpeg may speak to get at it, and the options it needs.
PROTOCOLS = {
    "rtsp": "rtsp,rtp,udp,tcp",
    "rtsps": "rtsps,rtsp,rtp,udp,tcp,tls,crypto",
    "http": "http,tcp,crypto",
    "https": "https,http,tls,tcp,crypto",
    "rtmp": "rtmp,tcp",
    "tcp": "tcp",
    "udp": "udp,rtp",
}
WHAT = "a path, or an address that starts with " + ", ".join(f"{scheme}://" for scheme in PROTOCOLS)
# Encoded anew: 2 is the best, 31 the worst; 3 costs a 640 × 480 frame about 40 kB.
QUALITY = "3"
# Packets and pictures that ffmpeg itself knows to be damaged are left out, not patched up.
WHOLE_ONLY = ("-fflags", "+discardcorrupt", "-err_detect", "explode")
# About ten a second are enough for a dog, and none is sent twice: that would look like a frozen camera.
_APART = "select=isnan(prev_selected_t)+gte(t-prev_selected_t\\,0.09)"
MOST_FRAMES = ("-vf", _APART, "-fps_mode", "vfr")


def make(name: str, settings: CameraSettings, *, clock: Clock) -> "FfmpegCamera":
    """Return a camera read by ffmpeg from the settings' device, an address or a path."""
    return FfmpegCamera(name, settings, clock=clock)


class FfmpegCamera:
    """A camera that ffmpeg reads."""

    stands_in = False

    def __init__(self, name: str, settings: CameraSettings, *, clock: Clock) -> None:
        self.name = name
        self._settings = settings
        self._clock = clock
        self._shown = shown(settings.device)
        self._source = source(settings)
        self._sends_jpeg: bool | None = None

    def open(self) -> Stream:
        """Start ffmpeg, wait for its first frame, throw away the first `skip`."""
        settings = self._settings
        until = self._clock.monotonic() + settings.timeout_s
        if self._sends_jpeg is None:
            self._sends_jpeg = self._is_mjpeg(settings.timeout_s)
        stream = PipeStream(
            self.name,
            self._words(copy=self._sends_jpeg),
            clock=self._clock,
            remedy=REMEDY,
            explain=self._explain,
            proves=self._sends_jpeg,
        )
        try:
            left = until - self._clock.monotonic()
            stream.warm_up(delay_s=settings.delay_s, skip=settings.skip, timeout_s=left)
        except CameraError:
            stream.close()
            raise
        return stream

    def describe(self) -> str:
        """Say where ffmpeg reads, without a password."""
        return f"ffmpeg, {self._shown}"

    def _words(self, *, copy: bool) -> list[str]:
        encode = ["-c:v", "copy"] if copy else ["-c:v", "mjpeg", "-q:v", QUALITY, *MOST_FRAMES]
        words = ["ffmpeg", "-nostdin", "-hide_banner", "-nostats", "-loglevel", "error"]
        # A film is played at its own speed, over and over.
        play = ["-re", "-stream_loop", "-1"] if self._source[-1].startswith("file:") else []
        return [*words, *WHOLE_ONLY, *play, *self._source, "-map", "0:v:0", *encode, "-f", "image2pipe", "-"]

    def _is_mjpeg(self, timeout_s: float) -> bool:
        """Ask ffprobe what the source sends."""
        words = ["ffprobe", "-v", "error", *self._source, "-select_streams", "v:0"]
        words += ["-show_entries", "stream=codec_name", "-of", "csv=p=0"]
        outcome = program.run(words, clock=self._clock, timeout_s=timeout_s, remedy=REMEDY)
        codec = outcome.output.strip()
        if outcome.code is None:
            raise CameraSilent(f"{self._shown} sends nothing. See that it is switched on.")
        if not codec:
            raise self._explain(outcome.told)
        return codec.startswith(b"mjpeg")

    def _explain(self, told: str) -> CameraError:
        return explain(told, self._shown)


def source(settings: CameraSettings) -> list[str]:
    """Return the options with which ffmpeg and ffprobe read the settings' device.

    Raises:
        SettingsError: the device is no path and no address that is allowed.
    """
    device = settings.device
    scheme = scheme_of(device)
    if scheme in PROTOCOLS:
        address = with_login(
            checked(device, tuple(PROTOCOLS), what=WHAT), settings.username, settings.password
        )
        options = ["-rtsp_transport", "tcp"] if scheme.startswith("rtsp") else []
        return ["-protocol_whitelist", PROTOCOLS[scheme], *options, "-i", address]
    if scheme or not device.startswith("/"):
        raise SettingsError(f"device must be {WHAT}, not {shown(device)!r}. A path starts with /.")
    if _is_device(Path(device)):
        return ["-f", "v4l2", "-video_size", f"{settings.width}x{settings.height}", "-i", device]
    return ["-protocol_whitelist", "file,crypto", "-i", f"file:{device}"]


def _is_device(path: Path) -> bool:
    try:
        return stat.S_ISCHR(path.stat().st_mode)
    except OSError:
        return False


def explain(told: str, source_shown: str) -> CameraError:
    """Return what ffmpeg said as what the owner can do about it. Its own words may hold the password."""
    said = told.lower()
    for phrases, error, sentence in _SAYINGS:
        if any(phrase in said for phrase in phrases):
            return error(f"{source_shown} {sentence}")
    return CameraFailed(f"ffmpeg cannot read {source_shown}. Try the address in another player first.")


_SAYINGS: tuple[tuple[tuple[str, ...], type[CameraError], str], ...] = (
    (
        ("401 unauthorized", "403 forbidden", "authorization failed"),
        CameraDenied,
        "wants a name and a password. Set username and password for this camera.",
    ),
    (
        ("permission denied",),
        CameraDenied,
        "may not be read by Pucci's account. Permit it with chmod or a group.",
    ),
    (("resource busy",), CameraBusy, "is taken by another program. Stop that one."),
    (("404 not found", "no such file"), CameraMissing, "is not there. See that the address is right."),
    (
        (
            "connection refused",
            "no route",
            "unreachable",
            "failed to resolve",
            "name or service",
            "timed out",
        ),
        CameraMissing,
        "does not answer. See that the camera is switched on and the address is right.",
    ),
    (("not on whitelist",), CameraFailed, "leads to another kind of address, which is not allowed."),
    (
        ("invalid data", "does not contain any stream", "matches no streams"),
        CameraFailed,
        "sends no pictures.",
    ),
)

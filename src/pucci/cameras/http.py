"""Network cameras that hand out a snapshot at an address, behind Basic or Digest sign-in or none.

A camera may send the password nowhere but to its own address: redirects elsewhere are refused, and
so are proxies. Size and time are limited.
"""

import http.client
import urllib.error
import urllib.request
from email.message import Message
from typing import IO, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from pucci.cameras import Stream
from pucci.cameras.addresses import checked, shown
from pucci.cameras.limits import Line, within
from pucci.cameras.oneshot import OneShotStream
from pucci.cameras.program import MOST_BYTES
from pucci.clock import Clock
from pucci.errors import CameraDenied, CameraError, CameraFailed, CameraMissing, CameraSilent
from pucci.photo import Frame
from pucci.settings import CameraSettings

SCHEMES = ("http", "https")
_PART = 1 << 16


def make(name: str, settings: CameraSettings, *, clock: Clock) -> "HttpCamera":
    """Return a camera whose snapshots lie at the settings' device, an address."""
    return HttpCamera(name, settings, clock=clock)


class HttpCamera:
    """A camera that is asked for one picture at a time."""

    stands_in = False

    def __init__(self, name: str, settings: CameraSettings, *, clock: Clock) -> None:
        self.name = name
        self._settings = settings
        self._clock = clock
        self._shown = shown(settings.device)
        self._line = Line()
        parts = urlsplit(
            checked(settings.device, SCHEMES, what="a snapshot's address, http://… or https://…")
        )
        self._address = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))
        self._login = (
            settings.username or unquote(parts.username or ""),
            settings.password or unquote(parts.password or ""),
        )

    def open(self) -> Stream:
        """Wait the delay, and take the first picture. Frames are not skipped: each is made for itself."""
        self._clock.sleep(self._settings.delay_s)
        return OneShotStream(self.name, self._take, timeout_s=self._settings.timeout_s)

    def describe(self) -> str:
        """Say where the snapshots lie, without a password."""
        return self._shown

    def _take(self, timeout_s: float) -> Frame:
        try:
            data = within(timeout_s, lambda: self._fetch(timeout_s), line=self._line)
        except TimeoutError as error:
            raise CameraSilent(f"{self._shown} did not send a picture within {timeout_s:g} s.") from error
        except urllib.error.HTTPError as error:
            raise self._refused(error) from error
        except OSError as error:
            raise self._unreached(error) from error
        return Frame(data, self._clock.now())

    def _fetch(self, timeout_s: float) -> bytes:
        """Return the body.

        Raises:
            OSError: nothing that can be used came; HTTPError is one of them.
        """
        data = bytearray()
        try:
            with self._opener().open(self._address, timeout=timeout_s) as response:
                kind = response.headers.get_content_maintype()
                while part := response.read1(_PART):
                    data += part
                    if len(data) > MOST_BYTES or kind == "multipart":
                        raise _Unfit(kind)
        except (http.client.HTTPException, ValueError) as error:
            raise OSError(f"no proper answer ({type(error).__name__})") from error
        return bytes(data)

    def _opener(self) -> urllib.request.OpenerDirector:
        known = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        if self._login[0]:
            known.add_password(None, self._address, *self._login)
        return urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            _NearRedirects(),
            _SignIn(known),
        )

    def _refused(self, error: urllib.error.HTTPError) -> CameraError:
        with error:
            match error.code:
                case 401 | 403:
                    return CameraDenied(
                        f"{self._shown} wants a name and a password. "
                        "Set the right username and password for this camera."
                    )
                case 404 | 410:
                    return CameraMissing(f"{self._shown} is not there. See that the address is right.")
                case code if 300 <= code < 400:
                    return CameraFailed(
                        f"{self._shown} leads to another address. Write that one into this camera's device."
                    )
                case code:
                    return CameraFailed(f"{self._shown} answers {code}. See what its own page says.")

    def _unreached(self, error: OSError) -> CameraError:
        if isinstance(error, _Unfit):
            return CameraFailed(f"{self._shown} {error}")
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        if "CERTIFICATE" in str(reason):
            return CameraFailed(
                f"{self._shown} shows a certificate nobody vouches for. "
                "Use its http:// address, or give it one."
            )
        if isinstance(reason, TimeoutError):
            return CameraSilent(f"{self._shown} did not answer in time. See that it is switched on.")
        return CameraMissing(
            f"{self._shown} does not answer. See that it is switched on and the address is right."
        )


class _Unfit(OSError):
    """What came is no snapshot."""

    def __init__(self, kind: str) -> None:
        if kind == "multipart":
            super().__init__('sends a film, not a picture. Set driver = "ffmpeg" for this camera.')
        else:
            super().__init__(f"sends more than {MOST_BYTES // 1_000_000} MB. It must be one JPEG.")


class _NearRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects within the same scheme, host and port; the sign-in goes nowhere else."""

    max_redirections = 3

    def redirect_request(  # noqa: PLR0917  as the library calls it
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        """Return the request to follow with, or None, by which the answer becomes an HTTPError."""
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        if (old.scheme, old.netloc) != (new.scheme, new.netloc):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


class _SignIn(urllib.request.BaseHandler):
    """Signs in by Digest where it is offered, else by Basic.

    The library's own two handlers trip over each other's offers, and leave the refusal open.
    """

    def __init__(self, known: urllib.request.HTTPPasswordMgr) -> None:
        self._ways = {
            "digest": urllib.request.HTTPDigestAuthHandler(known),
            "basic": urllib.request.HTTPBasicAuthHandler(known),
        }

    def http_error_401(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message
    ) -> Any:
        """Ask again with user and password; None where there are none, or they were refused."""
        offers = {
            offer.split()[0].lower(): offer for offer in headers.get_all("WWW-Authenticate", []) if offer
        }
        scheme = next((scheme for scheme in self._ways if scheme in offers), None)
        if scheme is None:
            return None
        offer = Message()
        offer["WWW-Authenticate"] = offers[scheme]
        way = self._ways[scheme]
        way.add_parent(self.parent)
        try:
            answer = way.http_error_401(req, fp, code, msg, offer)  # type: ignore[arg-type]
        except urllib.error.HTTPError:
            fp.close()
            raise
        if answer is not None:
            fp.close()
        return answer

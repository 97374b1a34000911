"""The camera's process, asked from another one on this machine: the site under Apache.

What must last is a row; what is of the moment goes over loopback, with a key made from the data folder's
secret, which both can read and nobody else.
"""

import hmac
import http.client
import json
from dataclasses import dataclass
from typing import Final

from pucci.errors import CameraFailed, PucciError

HEADER: Final = "X-Pucci-Control"
# Seconds more than the picture may take, for asking and answering.
_ANSWER_S: Final = 5.0


def control_key(secret_key: bytes) -> str:
    """Return the word by which the two processes know each other."""
    return hmac.new(secret_key, b"pucci control", "sha256").hexdigest()


class NoPhotoNow(PucciError):
    """The camera's process says in words why there is no photo."""

    http_status = 503


@dataclass(frozen=True, slots=True)
class Remote:
    """`pucci camera`, on a port of loopback."""

    port: int
    key: str

    def take(self, camera: str, *, limit_s: float) -> int:
        """Have a photo taken now; return its id.

        Raises:
            NoPhotoNow: there was none to be had.
            CameraFailed: the camera's process does not answer.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=limit_s + _ANSWER_S)
        try:
            connection.request("POST", f"/control/{camera}/photo", headers={HEADER: self.key})
            answer = connection.getresponse()
            told = json.loads(answer.read(10_000))
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise CameraFailed(
                "The camera's process does not answer. Look at it with `systemctl status pucci-camera`."
            ) from error
        finally:
            connection.close()
        if "photo" not in told:
            raise NoPhotoNow(str(told.get("error", "There is no picture now.")))
        return int(told["photo"])

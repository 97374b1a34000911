"""The door to fido2, which is imported late: with its cryptography it takes 10 MB. Works with 1.2 and 2."""

import struct
import warnings
from collections.abc import Mapping
from typing import Any, Final

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # fido2 1.2 warns of what its next version changes
    import fido2.features
    from fido2.server import Fido2Server
    from fido2.webauthn import (
        AttestedCredentialData,
        PublicKeyCredentialRpEntity,
        PublicKeyCredentialUserEntity,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    # Version 1.2 asks which way of JSON is meant; version 2 knows only this one.
    _mapping: Any = getattr(fido2.features, "webauthn_json_mapping", None)
    if _mapping is not None:
        _mapping.enabled = True

# What fido2 raises on answers that are made up, beside the ValueError it means.
BROKEN: Final = (
    *(ValueError, KeyError, TypeError, AttributeError, IndexError, AssertionError, struct.error),
    OverflowError,
)


class Server:
    """One site's side of WebAuthn, of which fido2 has the details."""

    def __init__(self, rp_id: str, origin: str, name: str) -> None:
        self._server = Fido2Server(
            PublicKeyCredentialRpEntity(name=name, id=rp_id),
            verify_origin=lambda asked: str(asked).rstrip("/") == origin,
        )

    def ask_new(self, name: str, handle: bytes, known: list[bytes]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what the browser is asked for a new passkey, and what to remember of it."""
        options, state = self._server.register_begin(
            PublicKeyCredentialUserEntity(name=name, id=handle, display_name=name),
            [AttestedCredentialData(data) for data in known],
            resident_key_requirement=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return dict(options), dict(state)

    def new(self, state: Mapping[str, Any], answer: Mapping[str, Any]) -> tuple[bytes, bytes, int]:
        """Return a new passkey's credential id, its data, and its counter."""
        found = self._server.register_complete(dict(state), dict(answer))
        data = found.credential_data
        if data is None:
            raise ValueError("no credential")
        return data.credential_id, bytes(data), found.counter

    def ask(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what the browser is asked for any passkey of this site, and what to remember of it."""
        options, state = self._server.authenticate_begin(
            user_verification=UserVerificationRequirement.REQUIRED
        )
        return dict(options), dict(state)

    def check(self, state: Mapping[str, Any], data: bytes, answer: Mapping[str, Any]) -> None:
        """Raise one of BROKEN unless the passkey with this data signed."""
        self._server.authenticate_complete(dict(state), [AttestedCredentialData(data)], dict(answer))

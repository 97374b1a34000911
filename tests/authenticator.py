"""A passkey in software: what a phone does, in as few lines (WebAuthn level 2, 6.1 and 6.5)."""

import base64
import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Phone:
    """Holds one passkey. `uses` is its counter, 0 for phones that have none."""

    def __init__(self, origin: str = "http://localhost", *, counts: bool = True) -> None:
        self.origin = origin
        self.uses = 0
        self.counts = counts
        self.verifies = True
        self._id = secrets.token_bytes(32)
        self._key = ec.generate_private_key(ec.SECP256R1())

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _flags(self, more: int = 0) -> bytes:
        if self.counts:
            self.uses += 1
        return bytes([1 | (4 if self.verifies else 0) | more]) + self.uses.to_bytes(4, "big")

    def make(self, options: dict[str, Any]) -> str:
        """Answer a question for a new passkey, as the browser's toJSON() does."""
        asked = options["publicKey"]
        key = cbor.encode(ES256.from_cryptography_key(self._key.public_key()))
        credential = bytes(16) + len(self._id).to_bytes(2, "big") + self._id + key
        rp = hashlib.sha256(asked["rp"]["id"].encode()).digest()
        made = {"fmt": "none", "attStmt": {}, "authData": rp + self._flags(0x40) + credential}
        return self._answer(
            clientDataJSON=b64(self._client_data("webauthn.create", asked["challenge"])),
            attestationObject=b64(cbor.encode(made)),
        )

    def sign(self, options: dict[str, Any], rp_id: str = "localhost") -> str:
        """Answer a question for any passkey."""
        data = self._client_data("webauthn.get", options["publicKey"]["challenge"])
        about = hashlib.sha256(rp_id.encode()).digest() + self._flags()
        signed = self._key.sign(about + hashlib.sha256(data).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            clientDataJSON=b64(data),
            authenticatorData=b64(about),
            signature=b64(signed),
            userHandle=b64(b"x"),
        )

    def _answer(self, **response: str) -> str:
        whole = {"id": b64(self._id), "rawId": b64(self._id), "type": "public-key", "response": response}
        return json.dumps(whole | {"clientExtensionResults": {}, "authenticatorAttachment": "platform"})

"""The signer interface that CA keys, HSMs and co-signing implement, and a plain key in memory.

A signer signs a to-be-signed byte string with SM2 under the default user id; it doesn't interpret the bytes.
"""

from typing import Protocol

from mshield.gm.engine import Engine
from mshield.gm.sm2 import PrivateKey, Signature, sign


class Signer(Protocol):
    """A key that can sign."""

    @property
    def public(self) -> bytes:
        """Public key, 65 bytes."""

    def sign(self, tbs: bytes) -> Signature:
        """Signs `tbs` with SM2 under the user id 1234567812345678."""


class KeySigner:
    """A signer whose private key is in memory (CA keys unsealed from a file; tests)."""

    def __init__(self, engine: Engine, private: PrivateKey) -> None:
        self._engine = engine
        self._private = private

    @property
    def public(self) -> bytes:
        """Public key, 65 bytes."""
        return self._private.public

    def sign(self, tbs: bytes) -> Signature:
        """Signs `tbs` with SM2."""
        return sign(self._engine, self._private, tbs)

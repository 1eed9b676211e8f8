"""Sealed first half of a login: it identifies the account that was verified.

The client sends it back in the login's next step.

It is valid for one purpose and a limited time, and only while the account's phone number and password are
unchanged.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Final, Literal

from mshield.server.accounts.rows.accounts import Account
from mshield.server.keys.errors import SealError
from mshield.server.keys.keyring import Keyring
from mshield.wire.tokens import base64url

MAX_FIRST_HALF: Final = 400
_TIME_BYTES: Final = 8
_HEAD_BYTES: Final = _TIME_BYTES + hashlib.sha256().digest_size

Purpose = Literal["portal-login", "portal-activation"]
"""Next step: the SMS code, or the activation code."""


@dataclass(frozen=True, slots=True)
class FirstHalf:
    """Account of the login, with a digest of its phone number and password at that time."""

    account_id: str
    snapshot: bytes = field(repr=False)

    def is_of(self, account: Account | None) -> bool:
        """Reports whether the account exists with an unchanged number and password."""
        return account is not None and hmac.compare_digest(self.snapshot, _snapshot(account))


def seal_half(keyring: Keyring, account: Account, purpose: Purpose, *, expires_at: int) -> str:
    """Seals a first half that is valid until `expires_at` (ms); at most `MAX_FIRST_HALF` characters."""
    plain = expires_at.to_bytes(_TIME_BYTES, "big") + _snapshot(account) + account.id.encode()
    box = keyring.seal(plain, purpose=purpose, context=b"")
    return base64url(box)


def open_half(keyring: Keyring, text: str, purpose: Purpose, *, now: int) -> FirstHalf | None:
    """Opens a first half sealed for this purpose; None if it is expired or invalid."""
    try:
        padded = text.encode() + b"=" * (-len(text) % 4)
        box = base64.b64decode(padded, altchars=b"-_", validate=True)
        plain = keyring.open(box, purpose=purpose, context=b"")
    except (binascii.Error, ValueError, SealError):
        return None
    if int.from_bytes(plain[:_TIME_BYTES], "big") <= now:
        return None
    return FirstHalf(plain[_HEAD_BYTES:].decode(), plain[_TIME_BYTES:_HEAD_BYTES])


def _snapshot(account: Account) -> bytes:
    """Returns a digest of the account's phone number and password hash."""
    return hashlib.sha256(f"{account.phone} {account.password_hash}".encode()).digest()

"""The first half of a login, sealed: who has shown to have which account. The next step brings it back.

It is good for one purpose and a while, and only as long as the account's number and password are what they were.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Final, Literal

from mshield.domain.tokens import base64url
from mshield.keys.errors import SealError
from mshield.keys.keyring import Keyring
from mshield.store.accounts.accounts import Account

MAX_FIRST_HALF: Final = 400
_TIME_BYTES: Final = 8
_HEAD_BYTES: Final = _TIME_BYTES + hashlib.sha256().digest_size

Purpose = Literal["portal-login", "portal-activation"]
"""What comes next: the SMS code, or the activation code."""


@dataclass(frozen=True, slots=True)
class FirstHalf:
    """Whose login it is, and the account as it was."""

    account_id: str
    snapshot: bytes = field(repr=False)

    def is_of(self, account: Account | None) -> bool:
        """Whether the account is there, and number and password are what they were."""
        return account is not None and hmac.compare_digest(self.snapshot, _snapshot(account))


def seal_half(keyring: Keyring, account: Account, purpose: Purpose, *, expires_at: int) -> str:
    """The text to come back with until `expires_at` (ms), at most `MAX_FIRST_HALF` characters."""
    plain = expires_at.to_bytes(_TIME_BYTES, "big") + _snapshot(account) + account.id.encode()
    box = keyring.seal(plain, purpose=purpose, context=b"")
    return base64url(box)


def open_half(keyring: Keyring, text: str, purpose: Purpose, *, now: int) -> FirstHalf | None:
    """The first half that was sealed for this purpose; None for one that is over, and for a text that isn't one."""
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
    """A digest of the account's number and password: another one once either has changed."""
    return hashlib.sha256(f"{account.phone} {account.password_hash}".encode()).digest()

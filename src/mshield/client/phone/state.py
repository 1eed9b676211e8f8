"""What the virtual phone keeps between operations, and nothing else (cosign-protocol, "What may be kept").

PIN, share, nonces, proofs and the bodies of `open` and `finish` have no field here and so cannot be stored.
"""

import hashlib
from dataclasses import dataclass
from typing import Final, Literal, Self

import msgspec

from mshield.client.errors import PhoneError

ZERO_OTP: Final = bytes(32)

KeyPlace = Literal["key", "pending"]


class Slot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One share hidden under one PIN. `blob` is 32 bytes; `check` finds damage before an attempt is spent on it."""

    epoch: int
    salt: bytes
    rounds: int
    blob: bytes
    pin_set_at: int
    check: bytes

    @classmethod
    def make(cls, *, epoch: int, salt: bytes, rounds: int, blob: bytes, pin_set_at: int) -> Self:
        """A slot with its check value; `pin_set_at` is ms since epoch."""
        check = _slot_check(epoch, salt, rounds, blob, pin_set_at)
        return cls(epoch=epoch, salt=salt, rounds=rounds, blob=blob, pin_set_at=pin_set_at, check=check)

    def intact(self) -> bool:
        """Whether the stored bytes are those that were written. It says nothing about a PIN."""
        return self.check == _slot_check(self.epoch, self.salt, self.rounds, self.blob, self.pin_set_at)


def _slot_check(epoch: int, salt: bytes, rounds: int, blob: bytes, pin_set_at: int) -> bytes:
    stored = f"{epoch}|{salt.hex()}|{rounds}|{blob.hex()}|{pin_set_at}"
    return hashlib.sha256(stored.encode("ascii")).digest()


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """The names in the certificate: enterprise, role and person."""

    country: str
    organisation: str
    role: str
    common_name: str


class StoredCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """The certificate that was issued for the key, with its chain (issuing CA, root), all PEM.

    `log_key` is the vkey of the transparency log as the service first told it beside this certificate.
    """

    pem: str
    chain_pem: tuple[str, ...]
    log_key: str | None = None


class KeyState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One key: `uid` and `sid` (of its enrolment) 16 bytes, `public` is P (65), slots newest first, `otp` and `rn` 32.

    `rn` is there only while an operation is unfinished. `proven` is False until a checked answer has shown
    that `public` is the joint key. `left` are the attempts that the server last told. `renews`: it is to take the
    place of the key in force, under the same PIN.
    """

    uid: bytes
    sid: bytes
    public: bytes
    subject: Subject
    slots: tuple[Slot, ...]
    otp: bytes = ZERO_OTP
    rn: bytes | None = None
    left: int | None = None
    proven: bool = False
    certificate: StoredCertificate | None = None
    renews: bool = False


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """The login: a token bound to the device key; `expires_at` is ms since epoch."""

    account: str
    token: str
    expires_at: int


class State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it. `key` has a certificate; `pending` replaces it once its own certificate is here."""

    version: Literal[1] = 1
    server: str
    session: Session | None = None
    shield_number: str | None = None
    key: KeyState | None = None
    pending: KeyState | None = None

    def at(self, place: KeyPlace) -> KeyState:
        """The key in that place; PhoneError `no_key` where none is."""
        state = self.key if place == "key" else self.pending
        if state is None:
            raise PhoneError("no_key")
        return state

    def encode(self) -> bytes:
        """As stored: JSON, bytes in base64."""
        return msgspec.json.encode(self)

    @classmethod
    def decode(cls, stored: bytes) -> "State":
        """The stored state; PhoneError `damaged_state` where it is not one."""
        try:
            return msgspec.json.decode(stored, type=State)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise PhoneError("damaged_state", str(error)) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the phone itself knows. `left` are the PIN attempts that the service last told."""

    server: str
    account: str | None
    logged_in: bool
    shield_number: str | None
    has_certificate: bool
    application_pending: bool
    operation_unfinished: bool
    left: int | None
    device_key_thumbprint: str


# Learned while it is imported, by one thread: two that read it first would crash the process (`wire.py`).
msgspec.json.Decoder(State)

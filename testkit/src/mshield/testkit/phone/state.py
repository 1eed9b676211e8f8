"""Everything that the virtual phone stores between operations (cosign-protocol, "What may be kept").

PIN, share, nonces, proofs and the bodies of `open` and `finish` have no field here, so they can't be stored.
"""

import hashlib
from dataclasses import dataclass
from typing import Final, Literal, Self

import msgspec

from mshield.client.errors import PhoneError
from mshield.wire.phone.enrolment import SubjectMessage

ZERO_OTP: Final = bytes(32)

KeyPlace = Literal["key", "pending"]


class Slot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A share masked under a PIN. `blob` is 32 bytes; `check` detects damage before an attempt is used."""

    epoch: int
    salt: bytes
    rounds: int
    blob: bytes
    pin_set_at: int
    check: bytes

    @classmethod
    def make(cls, *, epoch: int, salt: bytes, rounds: int, blob: bytes, pin_set_at: int) -> Self:
        """Makes a slot with its check value; `pin_set_at` is in ms since the epoch."""
        check = _slot_check(epoch, salt, rounds, blob, pin_set_at)
        return cls(epoch=epoch, salt=salt, rounds=rounds, blob=blob, pin_set_at=pin_set_at, check=check)

    def intact(self) -> bool:
        """Reports whether the stored bytes are undamaged. It doesn't reveal anything about a PIN."""
        return self.check == _slot_check(self.epoch, self.salt, self.rounds, self.blob, self.pin_set_at)


def _slot_check(epoch: int, salt: bytes, rounds: int, blob: bytes, pin_set_at: int) -> bytes:
    stored = f"{epoch}|{salt.hex()}|{rounds}|{blob.hex()}|{pin_set_at}"
    return hashlib.sha256(stored.encode("ascii")).digest()


class StoredCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """The certificate that was issued for the key, with its chain (issuing CA, root), all PEM.

    `log_key` is the transparency log's vkey as the service first sent it with this certificate.
    """

    pem: str
    chain_pem: tuple[str, ...]
    log_key: str


class KeyState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One key: `uid` and `sid` (of its enrolment) 16 bytes, `public` is P (65), slots newest first, `otp` and `rn` 32.

    `rn` is set only during an unfinished operation. `proven` is False until a checked response has proved
    that `public` is the joint key. `left` is the number of PIN attempts that the server last reported.
    `renews`: it will replace the key in force, under the same PIN.
    """

    uid: bytes
    sid: bytes
    public: bytes
    subject: SubjectMessage
    slots: tuple[Slot, ...]
    otp: bytes = ZERO_OTP
    rn: bytes | None = None
    left: int | None = None
    proven: bool = False
    certificate: StoredCertificate | None = None
    renews: bool = False


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """The login: a token bound to the device key; `expires_at` is in ms since the epoch."""

    account: str
    token: str
    expires_at: int


class State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole state. `key` has a certificate; `pending` replaces it once its own certificate arrives."""

    version: Literal[1] = 1
    server: str
    session: Session | None = None
    shield_number: str | None = None
    key: KeyState | None = None
    pending: KeyState | None = None

    def at(self, place: KeyPlace) -> KeyState:
        """Returns the key in that place. Raises: PhoneError (`no_key`)."""
        state = self.key if place == "key" else self.pending
        if state is None:
            raise PhoneError("no_key")
        return state

    def encode(self) -> bytes:
        """Encodes the state for storage: JSON, bytes in base64."""
        return msgspec.json.encode(self)

    @classmethod
    def decode(cls, stored: bytes) -> "State":
        """Parses the stored state. Raises: PhoneError (`damaged_state`)."""
        try:
            return msgspec.json.decode(stored, type=State)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise PhoneError("damaged_state", str(error)) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The phone's local state. `left` is the number of PIN attempts that the service last reported."""

    server: str
    account: str | None
    logged_in: bool
    shield_number: str | None
    has_certificate: bool
    application_pending: bool
    operation_unfinished: bool
    left: int | None
    device_key_thumbprint: str


# Build the decoder at import: msgspec crashes if two threads build it at once.
msgspec.json.Decoder(State)

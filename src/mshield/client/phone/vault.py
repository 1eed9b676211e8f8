"""The phone's storage while one operation holds it: device key, device secret, state.

Every change of state is durable before the next step of a protocol runs. The device secret only ever keys the
PIN's mask.
"""

import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from mshield.client.dpop import DeviceKey
from mshield.client.errors import PhoneError
from mshield.client.phone.folder import Folder
from mshield.client.phone.state import KeyPlace, KeyState, Session, State

DEVICE_KEY: Final = "device_key.pem"
DEVICE_SECRET: Final = "device_secret"  # noqa: S105  a file's name
STATE: Final = "state.json"
SCANNED: Final = "scanned.json"


class Vault:
    """Opened under the folder's lock, for one operation."""

    def __init__(self, folder: Folder, *, device_key: DeviceKey, device_secret: bytes, state: State) -> None:
        """All parts as stored; see `opened`."""
        self._folder = folder
        self._device_secret = device_secret
        self.device_key = device_key
        self.state = state

    def mac(self, message: bytes) -> bytes:
        """HMAC-SHA-256 under the device secret, 32 bytes: what a native app asks its key store for."""
        return hmac.digest(self._device_secret, message, "sha256")

    def save(self, state: State) -> None:
        """Makes `state` the stored one, durably."""
        self._folder.write(STATE, state.encode())
        self.state = state

    def reread(self) -> State:
        """What the disk holds now; the operation goes on with it."""
        self.state = State.decode(self._folder.read(STATE) or b"")
        return self.state

    def put_key(self, place: KeyPlace, key: KeyState | None) -> None:
        """Replaces the key in that place, durably."""
        if place == "key":
            self.save(msgspec.structs.replace(self.state, key=key))
        else:
            self.save(msgspec.structs.replace(self.state, pending=key))

    def session(self, *, now: int) -> Session:
        """The login in force; PhoneError `not_logged_in` where there is none or it has ended."""
        session = self.state.session
        if session is None or session.expires_at <= now:
            raise PhoneError("not_logged_in")
        return session

    def stored_request(self) -> bytes | None:
        """The scanned request that waits for the user's decision."""
        return self._folder.read(SCANNED)

    def store_request(self, request: bytes | None) -> None:
        """Keeps the scanned request, or forgets it with None."""
        if request is None:
            self._folder.remove(SCANNED)
        else:
            self._folder.write(SCANNED, request)


@contextmanager
def opened(folder: Folder, *, server: str | None, patience: float) -> Iterator[Vault]:
    """The vault under its lock; where there is no phone, `server` makes one, else `not_initialised`."""
    if server is not None:
        folder.create()
    elif not folder.path.is_dir():
        raise PhoneError("not_initialised")
    with folder.locked(patience=patience):
        stored = folder.read(STATE)
        if stored is None:
            if server is None:
                raise PhoneError("not_initialised")
            _make(folder, server)
            stored = folder.read(STATE) or b""
        yield _load(folder, stored, server)


def _make(folder: Folder, server: str) -> None:
    """State comes last: a phone is there once its keys are."""
    folder.write(DEVICE_KEY, DeviceKey.generate().to_pem())
    folder.write(DEVICE_SECRET, secrets.token_bytes(32))
    folder.write(STATE, State(server=server).encode())


def _load(folder: Folder, stored: bytes, server: str | None) -> Vault:
    state = State.decode(stored)
    pem, secret = folder.read(DEVICE_KEY), folder.read(DEVICE_SECRET)
    if pem is None or secret is None or len(secret) != 32:
        raise PhoneError("damaged_state", "the device key or the device secret is missing")
    try:
        device_key = DeviceKey.from_pem(pem)
    except ValueError as error:
        raise PhoneError("damaged_state", str(error)) from error
    if server is not None and server != state.server:
        state = msgspec.structs.replace(state, server=server)
    return Vault(folder, device_key=device_key, device_secret=secret, state=state)

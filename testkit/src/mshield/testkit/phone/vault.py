"""The phone's storage during one operation: device key, device secret, state.

Every change of state is durable before the protocol's next step. The device secret is used only as key of the
PIN's mask.
"""

import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from mshield.client.errors import PhoneError
from mshield.testkit.phone.dpop import DeviceKey
from mshield.testkit.phone.folder import Folder
from mshield.testkit.phone.state import KeyPlace, KeyState, Session, State

DEVICE_KEY: Final = "device_key.pem"
DEVICE_SECRET: Final = "device_secret"  # noqa: S105  # a file name
STATE: Final = "state.json"
SCANNED: Final = "scanned.json"


class Vault:
    """Storage opened under the folder's lock, for one operation."""

    def __init__(self, folder: Folder, *, device_key: DeviceKey, device_secret: bytes, state: State) -> None:
        """Takes all parts as stored; see `opened`."""
        self._folder = folder
        self._device_secret = device_secret
        self.device_key = device_key
        self.state = state

    def mac(self, message: bytes) -> bytes:
        """Returns HMAC-SHA-256 under the device secret, 32 bytes; a native app would use its key store."""
        return hmac.digest(self._device_secret, message, "sha256")

    def save(self, state: State) -> None:
        """Stores `state` durably."""
        self._folder.write(STATE, state.encode())
        self.state = state

    def reread(self) -> State:
        """Reads the state from disk again, replaces the one in memory, and returns it."""
        self.state = State.decode(self._folder.read(STATE) or b"")
        return self.state

    def put_key(self, place: KeyPlace, key: KeyState | None) -> None:
        """Replaces the key in that place, durably."""
        if place == "key":
            self.save(msgspec.structs.replace(self.state, key=key))
        else:
            self.save(msgspec.structs.replace(self.state, pending=key))

    def session(self, *, now: int) -> Session:
        """Returns the current login. Raises: PhoneError (`not_logged_in`: none, or expired)."""
        session = self.state.session
        if session is None or session.expires_at <= now:
            raise PhoneError("not_logged_in")
        return session

    def stored_request(self) -> bytes | None:
        """Returns the scanned request that waits for the user's decision, or None."""
        return self._folder.read(SCANNED)

    def store_request(self, request: bytes | None) -> None:
        """Stores the scanned request; None deletes it."""
        if request is None:
            self._folder.remove(SCANNED)
        else:
            self._folder.write(SCANNED, request)


@contextmanager
def opened(folder: Folder, *, server: str | None, patience: float) -> Iterator[Vault]:
    """Opens the vault under its lock, creating a phone if `server` is given. Raises: PhoneError (`not_initialised`)."""
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
    """Creates a phone's files, the state last: the phone exists only once its keys do."""
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

"""Ring of master keys: seals under the current one, opens under any, and binds each box to its place.

A box is version (1 byte) ‖ master key id (8) ‖ nonce (12) ‖ ciphertext ‖ tag (16). Its associated data
include purpose and row, so that it can't be opened elsewhere. The ring reloads a changed key file before
sealing, and when it meets an unknown key id.
"""

import os
from functools import lru_cache
from typing import Final

from mshield.gm.curve import SCALAR_BYTES
from mshield.gm.transcript import LV, share_box_data
from mshield.server.keys.errors import ClearMasterKey, SealError, UnknownMasterKey
from mshield.server.keys.hardware.devices import Devices
from mshield.server.keys.master import (
    ID_BYTES,
    NONCE_BYTES,
    TAG_BYTES,
    CipherName,
    MasterKey,
    generate_master_key,
)
from mshield.server.keys.sources import CLEAR, EnvironmentKeys, KeySource, MasterKeyFile
from mshield.server.settings.keys import KeySettings

VERSION: Final = b"\x01"
PREFIX_BYTES: Final = len(VERSION) + ID_BYTES
"""Length of a box's prefix, version and master key id, by which boxes under old keys are found."""

_RANDOM_BYTES: Final = 16
_SMALLEST: Final = PREFIX_BYTES + NONCE_BYTES + TAG_BYTES


class Keyring:
    """Master keys in memory. Python can't erase them, so access to this process's memory reveals them (ADR 0003)."""

    def __init__(
        self,
        keys: tuple[MasterKey, ...],
        source: KeySource | None = None,
        devices: Devices | None = None,
    ) -> None:
        self._source = source
        self.devices: Final = Devices() if devices is None else devices
        """Devices that hold the keys to which some boxes only refer."""
        self._take(keys)

    def __repr__(self) -> str:
        return f"Keyring({', '.join(key_id.hex() for key_id in self.ids)})"

    @classmethod
    def of(cls, source: KeySource, devices: Devices | None = None) -> "Keyring":
        """Returns the ring of a source, loaded now and reloaded whenever the source changes."""
        return cls(source.load(), source, devices)

    @classmethod
    def generate(cls, cipher: CipherName = "aes") -> "Keyring":
        """Returns a ring with one new key that isn't stored."""
        return cls((generate_master_key(cipher),))

    @property
    def current_id(self) -> bytes:
        """Id of the key used for sealing."""
        return self._current.id

    @property
    def ids(self) -> tuple[bytes, ...]:
        """Ids of all keys, the current one first."""
        return tuple(self._keys)

    @property
    def current_prefix(self) -> bytes:
        """Prefix (9 bytes) of boxes sealed now."""
        return VERSION + self._current.id

    def reload(self) -> None:
        """Reads the keys again from their source."""
        if self._source is not None:
            self._take(self._source.load())

    def refresh(self) -> None:
        """Reads the keys again if their source has changed. Raises: as its `load`."""
        if self._source is not None and self._source.changed():
            self.reload()

    def seal(self, plaintext: bytes, *, purpose: str, context: bytes) -> bytes:
        """Seals a plaintext into a box that opens only with the same purpose and context (the row's key)."""
        key = self._sealing_key()
        return _seal(key, plaintext, box_data(purpose, context, key.id))

    def open(self, box: bytes, *, purpose: str, context: bytes) -> bytes:
        """Opens a sealed box and returns the plaintext. Raises: SealError, UnknownMasterKey."""
        key = self._key_of(box)
        return _open(key, box, box_data(purpose, context, key.id))

    def seal_share(self, share: bytes, *, uid: bytes, epoch: int) -> bytes:
        """Seals the server's share of key `uid` in `epoch`; associated data as in the protocol, section Keys."""
        key = self._sealing_key()
        return _seal(key, share, share_box_data(uid=uid, epoch=epoch, master_key_id=key.id))

    def open_share(self, box: bytes, *, uid: bytes, epoch: int) -> bytes:
        """Opens the server's share. Raises: SealError, UnknownMasterKey."""
        key = self._key_of(box)
        return _open(key, box, share_box_data(uid=uid, epoch=epoch, master_key_id=key.id))

    def key_id(self, box: bytes) -> bytes:
        """Returns the id of the master key that sealed a box. Raises: SealError (not a box)."""
        if len(box) < _SMALLEST or box[:1] != VERSION:
            raise SealError
        return box[1:PREFIX_BYTES]

    def _take(self, keys: tuple[MasterKey, ...]) -> None:
        self._keys = {key.id: key for key in keys}
        self._current = keys[0]

    def _sealing_key(self) -> MasterKey:
        # A box sealed under a key that was removed meanwhile would be lost, so check for a new key file
        # first.
        self.refresh()
        return self._current

    def _key_of(self, box: bytes) -> MasterKey:
        key_id = self.key_id(box)
        if key_id not in self._keys:
            self.reload()
        if (key := self._keys.get(key_id)) is None:
            raise UnknownMasterKey(key_id)
        return key


def load_keyring(settings: KeySettings) -> Keyring:
    """Returns the key ring configured in the settings.

    Raises: NoMasterKey, UnsafeMasterKey, BadMasterKey, HardwareError.
    """
    return Keyring.of(key_source(settings), Devices(settings))


def key_source(settings: KeySettings) -> EnvironmentKeys | MasterKeyFile:
    """Returns the source of the master keys: the environment if set, else the file, possibly wrapped by a token.

    Raises: ClearMasterKey, HardwareNotSetUp.
    """
    wrapped = settings.pkcs11_wrapping_key is not None
    if settings.master_key is not None and wrapped:
        raise ClearMasterKey(
            "MSHIELD_MASTER_KEY 是明文，与 MSHIELD_PKCS11_WRAPPING_KEY 不能同时设置",
            "MSHIELD_MASTER_KEY is in the clear and can't be combined with MSHIELD_PKCS11_WRAPPING_KEY",
        )
    if settings.master_key is not None:
        return EnvironmentKeys(settings.master_key.get_secret_value())
    form = Devices(settings).wrapped_form() if wrapped else CLEAR
    return MasterKeyFile(settings.master_key_file, form)


def split_share(plain: bytes) -> tuple[int, bytes]:
    """Splits the plaintext of a share's box into d2 and P1."""
    return int.from_bytes(plain[:SCALAR_BYTES], "big"), plain[SCALAR_BYTES:]


def box_data(purpose: str, context: bytes, key_id: bytes) -> bytes:
    """Returns the associated data of a box."""
    return _of_purpose(purpose) + LV(context) + LV(key_id)


@lru_cache(maxsize=64)
def _of_purpose(purpose: str) -> bytes:
    return b"MSHIELD/box/" + LV(purpose.encode())


def _seal(key: MasterKey, plaintext: bytes, associated: bytes) -> bytes:
    nonce = key.synthetic_nonce(os.urandom(_RANDOM_BYTES), associated, plaintext)
    return VERSION + key.id + nonce + key.encrypt(nonce, plaintext, associated)


def _open(key: MasterKey, box: bytes, associated: bytes) -> bytes:
    nonce, sealed = box[PREFIX_BYTES : PREFIX_BYTES + NONCE_BYTES], box[PREFIX_BYTES + NONCE_BYTES :]
    return key.decrypt(nonce, sealed, associated)

"""The ring of master keys: seals under the current one, opens under any, and binds each box to its place.

A box is version (1 byte) ‖ master key id (8) ‖ nonce (12) ‖ ciphertext ‖ tag (16). Its associated data names purpose
and row, so that it opens nowhere else. A changed key file is noticed before each seal and at an unknown key id.
"""

import os
from functools import lru_cache
from typing import Final

from mshield.gm.curve import SCALAR_BYTES
from mshield.gm.transcript import LV, share_box_data
from mshield.keys.errors import ClearMasterKey, SealError, UnknownMasterKey
from mshield.keys.hardware.devices import Devices
from mshield.keys.master import ID_BYTES, NONCE_BYTES, TAG_BYTES, CipherName, MasterKey, generate_master_key
from mshield.keys.sources import CLEAR, EnvironmentKeys, KeySource, MasterKeyFile
from mshield.settings import Settings

VERSION: Final = b"\x01"
PREFIX_BYTES: Final = len(VERSION) + ID_BYTES
"""Bytes of a box that tell its version and master key: what a search for boxes under old keys compares."""

_RANDOM_BYTES: Final = 16
_SMALLEST: Final = PREFIX_BYTES + NONCE_BYTES + TAG_BYTES


class Keyring:
    """Master keys in memory. Python can't erase them: whoever reads this process's memory has them (ADR 0003)."""

    def __init__(
        self,
        keys: tuple[MasterKey, ...],
        source: KeySource | None = None,
        devices: Devices | None = None,
    ) -> None:
        self._source = source
        self.devices: Final = Devices() if devices is None else devices
        """What holds keys that boxes only name."""
        self._take(keys)

    def __repr__(self) -> str:
        return f"Keyring({', '.join(key_id.hex() for key_id in self.ids)})"

    @classmethod
    def of(cls, source: KeySource, devices: Devices | None = None) -> "Keyring":
        """The ring of a source, which is read now and again when it changes."""
        return cls(source.load(), source, devices)

    @classmethod
    def generate(cls, cipher: CipherName = "aes") -> "Keyring":
        """A ring of one new key that is kept nowhere."""
        return cls((generate_master_key(cipher),))

    @property
    def current_id(self) -> bytes:
        """Id of the key that seals now."""
        return self._current.id

    @property
    def ids(self) -> tuple[bytes, ...]:
        """Ids of all keys, current one first."""
        return tuple(self._keys)

    @property
    def current_prefix(self) -> bytes:
        """How a box sealed now begins (9 bytes)."""
        return VERSION + self._current.id

    def reload(self) -> None:
        """Reads the keys again from where they are kept."""
        if self._source is not None:
            self._take(self._source.load())

    def seal(self, plaintext: bytes, *, purpose: str, context: bytes) -> bytes:
        """A box that opens only for the same purpose and context (the row's key)."""
        key = self._sealing_key()
        return _seal(key, plaintext, box_data(purpose, context, key.id))

    def open(self, box: bytes, *, purpose: str, context: bytes) -> bytes:
        """What was sealed. Raises SealError, UnknownMasterKey."""
        key = self._key_of(box)
        return _open(key, box, box_data(purpose, context, key.id))

    def seal_share(self, share: bytes, *, uid: bytes, epoch: int) -> bytes:
        """A box with the server's share of key `uid` in `epoch`; associated data as in the protocol, section Keys."""
        key = self._sealing_key()
        return _seal(key, share, share_box_data(uid=uid, epoch=epoch, master_key_id=key.id))

    def open_share(self, box: bytes, *, uid: bytes, epoch: int) -> bytes:
        """The server's share. Raises SealError, UnknownMasterKey."""
        key = self._key_of(box)
        return _open(key, box, share_box_data(uid=uid, epoch=epoch, master_key_id=key.id))

    def key_id(self, box: bytes) -> bytes:
        """Id of the master key under which a box was sealed; SealError if it is no box."""
        if len(box) < _SMALLEST or box[:1] != VERSION:
            raise SealError
        return box[1:PREFIX_BYTES]

    def _take(self, keys: tuple[MasterKey, ...]) -> None:
        self._keys = {key.id: key for key in keys}
        self._current = keys[0]

    def _sealing_key(self) -> MasterKey:
        # A box under a key that was dropped meanwhile would be lost: better no box than that one.
        if self._source is not None and self._source.changed():
            self.reload()
        return self._current

    def _key_of(self, box: bytes) -> MasterKey:
        key_id = self.key_id(box)
        if key_id not in self._keys:
            self.reload()
        if (key := self._keys.get(key_id)) is None:
            raise UnknownMasterKey(key_id)
        return key


def load_keyring(settings: Settings) -> Keyring:
    """The ring that the settings name. Raises NoMasterKey, UnsafeMasterKey, BadMasterKey, HardwareError."""
    return Keyring.of(key_source(settings), Devices(settings))


def key_source(settings: Settings) -> EnvironmentKeys | MasterKeyFile:
    """Where the master keys are kept: the environment when it gives them, else the file, wrapped where a token does.

    Raises ClearMasterKey, HardwareNotSetUp.
    """
    wrapped = settings.pkcs11_wrapping_key is not None
    if settings.master_key is not None and wrapped:
        raise ClearMasterKey(
            "MSHIELD_MASTER_KEY 是明文，与 MSHIELD_PKCS11_WRAPPING_KEY 不能同时设置",
            "MSHIELD_MASTER_KEY is in the clear: it can't stand beside MSHIELD_PKCS11_WRAPPING_KEY",
        )
    if settings.master_key is not None:
        return EnvironmentKeys(settings.master_key.get_secret_value())
    form = Devices(settings).wrapped_form() if wrapped else CLEAR
    return MasterKeyFile(settings.master_key_file, form)


def split_share(plain: bytes) -> tuple[int, bytes]:
    """d2 and P1, as a share's box holds them."""
    return int.from_bytes(plain[:SCALAR_BYTES], "big"), plain[SCALAR_BYTES:]


def box_data(purpose: str, context: bytes, key_id: bytes) -> bytes:
    """Associated data of a box."""
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

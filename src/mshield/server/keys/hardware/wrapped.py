"""Master keys wrapped (包裹) by a token, so that the file can be read only with that token.

A line is `ID CIPHER aes-gcm WRAPPED`, base64 of nonce (12 bytes) ‖ ciphertext ‖ tag (16), by AES-256-GCM
under a non-extractable key made in the token. The associated data include id and cipher, so that no line can
be substituted for another.
"""

import base64
import binascii
import os
import re
from collections.abc import Iterable
from typing import Any, Final

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11 import exceptions as raised

from mshield.gm.transcript import LV
from mshield.server.keys.errors import (
    BadMasterKey,
    ClearMasterKey,
    HardwareFailed,
    NoDeviceKey,
    NotUnderThisKey,
    UnfitDeviceKey,
)
from mshield.server.keys.hardware.token import Token, one_key
from mshield.server.keys.master import (
    ID_BYTES,
    KEY_BYTES,
    NONCE_BYTES,
    TAG_BYTES,
    CipherName,
    MasterKey,
    is_clear,
    lines_of,
)

MECHANISM: Final = "aes-gcm"
_LINE: Final = re.compile(
    rf"(?P<id>[0-9a-f]{{16}})\s+(?P<cipher>aes|sm4)\s+{MECHANISM}\s+(?P<wrapped>[A-Za-z0-9+/]+={{0,2}})"
)
_KEY_BITS: Final = 256


class WrappedForm:
    """Text format of keys wrapped by a token's key `label`. Parsing the same text again doesn't contact the token."""

    def __init__(self, token: Token, label: str) -> None:
        self._token, self._label = token, label
        self._read: tuple[str, tuple[MasterKey, ...]] | None = None

    def parse(self, text: str) -> tuple[MasterKey, ...]:
        """Parses the keys, the current one first. Raises: ClearMasterKey, BadMasterKey, HardwareError."""
        if self._read is None or self._read[0] != text:
            lines = [_parse_line(number, line) for number, line in lines_of(text)]
            if not lines:
                raise BadMasterKey("没有主密钥", "the text contains no master key")
            if len({key_id for key_id, _, _ in lines}) != len(lines):
                raise BadMasterKey("两个主密钥编号相同", "two master keys have the same id")
            self._read = text, self._token.once(lambda session: self._unwrapped(session, lines))
        return self._read[1]

    def format(self, keys: Iterable[MasterKey]) -> str:
        """Formats the keys, each newly wrapped and unwrapped again as a check. Raises: HardwareError."""
        keys = tuple(keys)

        def work(session: pkcs11.Session) -> list[tuple[bytes, CipherName, bytes]]:
            key = self._wrapping_key(session)
            lines = [(one.id, one.cipher, _wrap(key, one)) for one in keys]
            if self._unwrapped(session, lines) != keys:
                raise HardwareFailed("令牌包裹的主密钥无法还原", "the token doesn't unwrap what it wrapped")
            return lines

        wrapped = self._token.once(work)
        head = f"# under {self._label} of token {self._token.place.label}, by PKCS#11\n"
        return (head if head.isascii() and head.count("\n") == 1 else "") + "".join(
            f"{key_id.hex()} {cipher} {MECHANISM} {base64.b64encode(octets).decode('ascii')}\n"
            for key_id, cipher, octets in wrapped
        )

    def make_wrapping_key(self) -> bool:
        """Creates the wrapping key if the token has none, and reports whether it did. Raises: HardwareError."""

        def work(session: pkcs11.Session) -> bool:
            try:
                self._wrapping_key(session)
            except NoDeviceKey:
                if list(session.get_objects({Attribute.LABEL: self._label})):
                    raise  # There are several, or one of another type.
            else:
                return False
            session.generate_key(
                KeyType.AES,
                _KEY_BITS,
                label=self._label,
                id=os.urandom(8),
                store=True,
                capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
                template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
            )
            self._wrapping_key(session)
            return True

        return self._token.once(work, writes=True)

    def description(self) -> str:
        """Describes the wrapping key and its token. Raises: HardwareError."""
        return f"wrapped by AES-256-GCM under {self._label} of token {self._token.description()}"

    def _wrapping_key(self, session: pkcs11.Session) -> Any:
        attributes = {
            Attribute.CLASS: ObjectClass.SECRET_KEY,
            Attribute.KEY_TYPE: KeyType.AES,
            Attribute.LABEL: self._label,
        }
        key = one_key(session, attributes, f"{self._label}（AES）")
        if not key[Attribute.SENSITIVE] or key[Attribute.EXTRACTABLE]:
            raise UnfitDeviceKey(
                f"令牌上的密钥 {self._label} 可以导出，不能用来包裹主密钥",
                f"the token's key {self._label} is extractable, so it can't protect master keys",
            )
        return key

    def _unwrapped(
        self, session: pkcs11.Session, lines: list[tuple[bytes, CipherName, bytes]]
    ) -> tuple[MasterKey, ...]:
        key = self._wrapping_key(session)
        return tuple(
            MasterKey(key_id, cipher, self._unwrap(key, key_id, cipher, octets))
            for key_id, cipher, octets in lines
        )

    def _unwrap(self, key: Any, key_id: bytes, cipher: CipherName, octets: bytes) -> bytes:
        parameters = pkcs11.GCMParams(octets[:NONCE_BYTES], _associated(key_id, cipher), TAG_BYTES * 8)
        try:
            secret: bytes = key.decrypt(
                octets[NONCE_BYTES:], mechanism=Mechanism.AES_GCM, mechanism_param=parameters
            )
        except (raised.EncryptedDataInvalid, raised.EncryptedDataLenRange, raised.GeneralError) as error:
            # SoftHSM2 raises GeneralError for a wrong tag.
            raise self._not_under_this_key(key_id) from error
        if len(secret) != KEY_BYTES[cipher]:
            raise self._not_under_this_key(key_id)
        return secret

    def _not_under_this_key(self, key_id: bytes) -> NotUnderThisKey:
        return NotUnderThisKey(
            f"主密钥 {key_id.hex()} 不是由令牌上的密钥 {self._label} 包裹的，或已被改动",
            f"the master key {key_id.hex()} is not wrapped by the token's key {self._label}, or was changed",
        )


def _wrap(key: Any, master: MasterKey) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    parameters = pkcs11.GCMParams(nonce, _associated(master.id, master.cipher), TAG_BYTES * 8)
    sealed: bytes = key.encrypt(master.secret, mechanism=Mechanism.AES_GCM, mechanism_param=parameters)
    return nonce + sealed


def _associated(key_id: bytes, cipher: CipherName) -> bytes:
    return b"MSHIELD/wrapped/" + LV(key_id) + LV(cipher.encode())


def _parse_line(number: int, line: str) -> tuple[bytes, CipherName, bytes]:
    match = _LINE.fullmatch(line)
    if match is None and is_clear(line):
        raise ClearMasterKey(
            "主密钥文件未经包裹，而设置要求由令牌包裹：请运行 mshield keys wrap",
            "the master key file is in the clear, but the settings require wrapping by a token: run "
            "`mshield keys wrap`",
        )
    octets = b""
    if match is not None:
        try:
            octets = base64.b64decode(match["wrapped"], validate=True)
        except binascii.Error:
            octets = b""
    if match is None or len(octets) <= NONCE_BYTES + TAG_BYTES or len(match["id"]) != 2 * ID_BYTES:
        raise BadMasterKey(
            f"主密钥第 {number} 行格式不对，应为：编号 算法 {MECHANISM} 被包裹的密钥",
            f"line {number} of the master keys is malformed: expected 16 hex digits, aes or sm4, "
            f"{MECHANISM}, wrapped key in base64",
        )
    return bytes.fromhex(match["id"]), "aes" if match["cipher"] == "aes" else "sm4", octets

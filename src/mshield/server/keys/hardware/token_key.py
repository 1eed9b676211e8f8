"""P-256 key in a PKCS#11 token, usable like a private key of `cryptography` in memory.

Signs by CKM_ECDSA over SHA-256. The key never leaves the token, so every export method raises. Each signature
is verified before it is returned. Objects end with their session, so the key is looked up again in each
session.
"""

from collections.abc import Mapping
from typing import Any, Final, NoReturn

import pkcs11
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass

from mshield.server.keys.errors import BadKeyReference, HardwareFailed, UnfitDeviceKey
from mshield.server.keys.hardware.held import HeldByDevice
from mshield.server.keys.hardware.reference import TokenKey
from mshield.server.keys.hardware.token import Token, one_key

_P256: Final = bytes.fromhex("06082a8648ce3d030107")
"""OBJECT IDENTIFIER of P-256, as encoded in CKA_EC_PARAMS."""
_POINT_BYTES: Final = 65
_OCTET_STRING: Final = bytes((4, _POINT_BYTES))


class TokenP256(HeldByDevice, ec.EllipticCurvePrivateKey):
    """Private key referred to by `named`; `reference` is the reference as text."""

    def __init__(self, token: Token, named: TokenKey, reference: str) -> None:
        """Finds the key. Raises: BadKeyReference (another token's), NoDeviceKey, UnfitDeviceKey, HardwareError."""
        if named.token not in {None, token.place.label}:
            raise BadKeyReference(
                f"密钥引用的令牌 {named.token} 不是 MSHIELD_PKCS11_TOKEN",
                f"the token {named.token} of the key isn't the one in MSHIELD_PKCS11_TOKEN",
            )
        self._token, self._named, self.reference = token, named, reference
        self._object: tuple[pkcs11.Session, Any] | None = None
        self._public = token.run_in_open_session(self._read_public)

    @property
    def curve(self) -> ec.EllipticCurve:
        """P-256."""
        return ec.SECP256R1()

    @property
    def key_size(self) -> int:
        """Key size in bits."""
        return 256

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Returns the public key read from the token."""
        return self._public

    def sign(
        self,
        data: "bytes | bytearray | memoryview[int]",
        signature_algorithm: ec.EllipticCurveSignatureAlgorithm,
    ) -> bytes:
        """Returns a verified DER signature. Raises: HardwareError, TypeError (not ECDSA with SHA-256)."""
        if not isinstance(signature_algorithm, ec.ECDSA) or not isinstance(
            signature_algorithm.algorithm, SHA256
        ):
            raise TypeError("the token's key signs only with ECDSA and SHA-256")
        digest = Hash(SHA256())
        message = bytes(data)
        digest.update(message)
        hashed = digest.finalize()

        def work(session: pkcs11.Session) -> bytes:
            raw: bytes = self._private(session).sign(hashed, mechanism=Mechanism.ECDSA)
            return raw

        raw = self._token.run_in_open_session(work)
        half = len(raw) // 2
        signature = encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))
        try:
            self._public.verify(signature, message, signature_algorithm)
        except InvalidSignature as error:
            raise HardwareFailed(
                f"令牌的密钥 {self.reference} 给出的签名不正确，已丢弃",
                f"the signature by the token's key {self.reference} is invalid and was discarded",
            ) from error
        return signature

    def exchange(self, *_: object, **__: object) -> NoReturn:
        """Raises TypeError: the key only signs."""
        raise TypeError("the token's key only signs")

    def private_numbers(self) -> NoReturn:
        """Raises TypeError: the key can't leave the token."""
        raise TypeError("the key can't leave the token")

    def private_bytes(self, *_: object, **__: object) -> NoReturn:
        """Raises TypeError: the key can't leave the token."""
        raise TypeError("the key can't leave the token")

    def __copy__(self) -> "TokenP256":
        """Returns the key itself, since it can't be copied."""
        return self

    def __deepcopy__(self, memo: dict[Any, Any]) -> "TokenP256":
        """Returns the key itself, since it can't be copied."""
        return self

    def _private(self, session: pkcs11.Session) -> Any:
        if self._object is None or self._object[0] is not session:
            key = self._one(session, ObjectClass.PRIVATE_KEY)
            if not key[Attribute.SENSITIVE] or key[Attribute.EXTRACTABLE]:
                raise UnfitDeviceKey(
                    f"令牌上的私钥 {self.reference} 可以导出",
                    f"the token's private key {self.reference} is extractable",
                )
            self._object = session, key
        return self._object[1]

    def _read_public(self, session: pkcs11.Session) -> ec.EllipticCurvePublicKey:
        self._private(session)
        key = self._one(session, ObjectClass.PUBLIC_KEY)
        point: bytes = key[Attribute.EC_POINT]
        if bytes(key[Attribute.EC_PARAMS]) != _P256:
            raise self._unfit()
        # CKA_EC_POINT is an OCTET STRING, but some tokens return the bare point.
        point = point.removeprefix(_OCTET_STRING) if len(point) != _POINT_BYTES else point
        try:
            return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        except ValueError as error:
            raise self._unfit() from error

    def _one(self, session: pkcs11.Session, kind: ObjectClass) -> Any:
        attributes: dict[Attribute, Any] = {Attribute.CLASS: kind, Attribute.KEY_TYPE: KeyType.EC}
        identifiers: Mapping[Attribute, Any] = {
            Attribute.LABEL: self._named.label,
            Attribute.ID: self._named.id,
        }
        attributes |= {name: value for name, value in identifiers.items() if value is not None}
        return one_key(session, attributes, self.reference)

    def _unfit(self) -> UnfitDeviceKey:
        return UnfitDeviceKey(
            f"令牌上的密钥 {self.reference} 不是 P-256", f"the token's key {self.reference} is not on P-256"
        )

"""The P-256 key for ordinary clients, sealed in the database like the authorities' keys, or held by a token."""

from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from mshield.keys.ca_keys import SCALAR_BYTES, kept_reference, reference_in
from mshield.keys.errors import BadAuthority, NoAuthority
from mshield.keys.hardware.held import HeldByDevice
from mshield.keys.keyring import Keyring
from mshield.pki.errors import IssueError
from mshield.pki.revocation.p256 import P256Signer
from mshield.store.ca.authorities import AuthorityRow, find_authority
from mshield.store.database.interface import Database

P256: Final = "p256"
"""Its name among the authorities, and its address."""


def seal_p256(
    keyring: Keyring, private: ec.EllipticCurvePrivateKey, certificate: bytes, *, name: str = P256
) -> AuthorityRow:
    """The row in which it is stored; of a token's key the name alone."""
    reference = getattr(private, "reference", None)
    if isinstance(private, HeldByDevice) and isinstance(reference, str):
        plain = kept_reference(reference)
    else:
        plain = private.private_numbers().private_value.to_bytes(SCALAR_BYTES, "big")
    return AuthorityRow(name, certificate, keyring.seal(plain, purpose="authority", context=name.encode()))


def new_p256(keyring: Keyring, reference: str | None = None) -> ec.EllipticCurvePrivateKey:
    """A new key, or the token's of this name. Raises BadKeyReference, HardwareError."""
    if reference is not None:
        return keyring.devices.token_p256(reference)
    return ec.generate_private_key(ec.SECP256R1())


def open_p256(keyring: Keyring, row: AuthorityRow) -> ec.EllipticCurvePrivateKey:
    """The private key in a row, or the token's that it names. Raises SealError, HardwareError; ValueError."""
    kept = keyring.open(row.key_box, purpose="authority", context=row.name.encode())
    if (reference := reference_in(kept)) is not None:
        return keyring.devices.token_p256(reference)
    return ec.derive_private_key(int.from_bytes(kept, "big"), ec.SECP256R1())


class P256Key:
    """The signer, opened once for each certificate that the database has in turn."""

    def __init__(self, db: Database, keyring: Keyring) -> None:
        self._db, self._keyring = db, keyring
        self._signer: P256Signer | None = None

    async def signer(self) -> P256Signer:
        """The signer in force. Raises NoAuthority, BadAuthority, SealError, HardwareError."""
        row = await find_authority(self._db, name=P256)
        if row is None:
            raise NoAuthority(
                "尚无 P-256 状态签名密钥：请运行 mshield ca init-p256",
                "there is no P-256 key for status: run `mshield ca init-p256`",
            )
        if self._signer is None or self._signer.certificate != row.certificate:
            try:
                self._signer = P256Signer(open_p256(self._keyring, row), row.certificate)
            except (IssueError, ValueError) as error:
                raise BadAuthority(
                    "P-256 私钥与证书不符", "the P-256 key does not fit its certificate"
                ) from error
        return self._signer

"""P-256 key for ordinary clients, sealed in the database like the authorities' keys, or held by a token."""

from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from mshield.pki.errors import IssueError
from mshield.pki.revocation.p256 import P256Signer
from mshield.server.authorities.keys import SCALAR_BYTES, reference_content, reference_in
from mshield.server.authorities.rows.authorities import AuthorityRow, find_authority
from mshield.server.database.interface import Database
from mshield.server.keys.errors import BadAuthority, NoAuthority
from mshield.server.keys.hardware.held import HeldByDevice
from mshield.server.keys.keyring import Keyring

P256: Final = "p256"
"""Name of the key among the authorities, and part of its address."""


def seal_p256(
    keyring: Keyring, private: ec.EllipticCurvePrivateKey, certificate: bytes, *, name: str = P256
) -> AuthorityRow:
    """Returns the database row for the key; of a token's key it contains only the reference."""
    reference = getattr(private, "reference", None)
    if isinstance(private, HeldByDevice) and isinstance(reference, str):
        plain = reference_content(reference)
    else:
        plain = private.private_numbers().private_value.to_bytes(SCALAR_BYTES, "big")
    return AuthorityRow(name, certificate, keyring.seal(plain, purpose="authority", context=name.encode()))


def new_p256(keyring: Keyring, reference: str | None = None) -> ec.EllipticCurvePrivateKey:
    """Makes a new key, or returns the token's key named by `reference`. Raises: BadKeyReference, HardwareError."""
    if reference is not None:
        return keyring.devices.token_p256(reference)
    return ec.generate_private_key(ec.SECP256R1())


def open_p256(keyring: Keyring, row: AuthorityRow) -> ec.EllipticCurvePrivateKey:
    """Opens the private key of a row, or the token's key that it refers to.

    Raises: SealError, HardwareError, ValueError.
    """
    plain = keyring.open(row.key_box, purpose="authority", context=row.name.encode())
    if (reference := reference_in(plain)) is not None:
        return keyring.devices.token_p256(reference)
    return ec.derive_private_key(int.from_bytes(plain, "big"), ec.SECP256R1())


class P256Key:
    """Signer on P-256, opened once per certificate in the database."""

    def __init__(self, db: Database, keyring: Keyring) -> None:
        self._db, self._keyring = db, keyring
        self._signer: P256Signer | None = None

    async def signer(self) -> P256Signer:
        """Returns the signer in force. Raises: NoAuthority, BadAuthority, SealError, HardwareError."""
        row = await find_authority(self._db, name=P256)
        if row is None:
            raise NoAuthority(
                "尚无 P-256 状态签名密钥：请运行 mshield ca init-p256",
                "there is no P-256 key for certificate status: run `mshield ca init-p256`",
            )
        if self._signer is None or self._signer.certificate != row.certificate:
            try:
                self._signer = P256Signer(open_p256(self._keyring, row), row.certificate)
            except (IssueError, ValueError) as error:
                raise BadAuthority(
                    "P-256 私钥与证书不符", "the P-256 key does not match its certificate"
                ) from error
        return self._signer

"""Keys of the service's own time stamping authority, one SM2 and one P-256, sealed like the authorities' keys."""

from collections.abc import Mapping
from typing import Final

from mshield.gm.engine import Engine
from mshield.pki.errors import IssueError
from mshield.pki.timestamps.algorithms import Profile
from mshield.pki.timestamps.certificate import parse_tsa_certificate
from mshield.pki.timestamps.signers import P256StampSigner, Sm2StampSigner
from mshield.pki.timestamps.token import StampSigner
from mshield.server.authorities.authority import no_authority, open_authority, require_authority
from mshield.server.authorities.p256 import open_p256
from mshield.server.authorities.rows.authorities import find_certificate
from mshield.server.database.interface import Database
from mshield.server.keys.errors import BadAuthority
from mshield.server.keys.keyring import Keyring

TSA: Final[Mapping[Profile, str]] = {"sm2": "tsa", "p256": "tsa-p256"}
"""Names of the keys among the authorities, and parts of their addresses."""


class TsaKeys:
    """Signers, each opened once per certificate in the database."""

    def __init__(self, db: Database, keyring: Keyring, engine: Engine) -> None:
        self._db, self._keyring, self._engine = db, keyring, engine
        self._signers: dict[Profile, StampSigner] = {}

    async def signer(self, profile: Profile) -> StampSigner:
        """Returns the signer in force. Raises: NoAuthority, BadAuthority, SealError, HardwareError."""
        certificate = await find_certificate(self._db, name=TSA[profile])
        if certificate is None:
            raise no_authority()
        signer = self._signers.get(profile)
        if signer is None or signer.certificate.der != certificate:
            signer = self._signers[profile] = await self._open(profile)
        return signer

    async def _open(self, profile: Profile) -> StampSigner:
        name = TSA[profile]
        if profile == "sm2":
            authority = await open_authority(self._db, self._keyring, self._engine, name)
            certificate = parse_tsa_certificate(authority.certificate.der)
            return Sm2StampSigner(certificate, (), authority.signer)
        row = await require_authority(self._db, name)
        try:
            private = open_p256(self._keyring, row)
            return P256StampSigner(parse_tsa_certificate(row.certificate), (), private)
        except (IssueError, ValueError) as error:
            raise BadAuthority(
                "P-256 时间戳私钥与证书不符", "the P-256 key for time stamps does not match its certificate"
            ) from error

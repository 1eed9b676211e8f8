"""The keys of the own time stamping authority, one with SM2 and one on P-256, sealed like the authorities' keys."""

from collections.abc import Mapping
from typing import Final

from mshield.gm.engine import Engine
from mshield.keys.authority import open_authority
from mshield.keys.errors import BadAuthority, NoAuthority
from mshield.keys.keyring import Keyring
from mshield.keys.p256 import open_p256
from mshield.pki.errors import IssueError
from mshield.pki.timestamps.algorithms import Profile
from mshield.pki.timestamps.certificate import parse_tsa_certificate
from mshield.pki.timestamps.signers import P256StampSigner, Sm2StampSigner
from mshield.pki.timestamps.token import StampSigner
from mshield.store.ca.authorities import find_authority, find_certificate
from mshield.store.database.interface import Database

TSA: Final[Mapping[Profile, str]] = {"sm2": "tsa", "p256": "tsa-p256"}
"""Their names among the authorities, and their addresses."""


class TsaKeys:
    """The signers, each opened once for each certificate that the database has in turn."""

    def __init__(self, db: Database, keyring: Keyring, engine: Engine) -> None:
        self._db, self._keyring, self._engine = db, keyring, engine
        self._signers: dict[Profile, StampSigner] = {}

    async def signer(self, profile: Profile) -> StampSigner:
        """The signer in force. Raises NoAuthority, BadAuthority, SealError, HardwareError."""
        certificate = await find_certificate(self._db, name=TSA[profile])
        if certificate is None:
            raise _none()
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
        row = await find_authority(self._db, name=name)
        if row is None:
            raise _none()
        try:
            private = open_p256(self._keyring, row)
            return P256StampSigner(parse_tsa_certificate(row.certificate), (), private)
        except (IssueError, ValueError) as error:
            raise BadAuthority(
                "P-256 时间戳私钥与证书不符", "the P-256 key for time stamps does not fit its certificate"
            ) from error


def _none() -> NoAuthority:
    return NoAuthority(
        "尚无时间戳密钥：请运行 mshield ca init-tsa",
        "there is no key for time stamps: run `mshield ca init-tsa`",
    )

"""Creation and renewal of the service's own time stamping authority: SM2 under the root, and self-signed P-256.

Its keys are separate from those of the CA and of the log, so that a leaked CA or log key can't be used to
forge the time of a signature.
"""

import os
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from mshield.gm.engine import Engine
from mshield.pki.asn1 import oids
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.certificates.extensions import KeyUse
from mshield.pki.certificates.issue import issue_tsa, serial_from
from mshield.pki.certificates.names import make_name
from mshield.pki.certificates.p256 import make_p256_certificate
from mshield.server.acts.actor import SERVICE
from mshield.server.acts.rows import acts
from mshield.server.authorities.authority import (
    ROOT,
    Authority,
    open_authority,
    require_authority,
    seal_authority,
)
from mshield.server.authorities.keys import CaKey, new_ca_key
from mshield.server.authorities.p256 import new_p256, seal_p256
from mshield.server.authorities.rows.authorities import (
    AuthorityRow,
    replace_authority,
)
from mshield.server.authorities.tsa import TSA
from mshield.server.authorities.urls import issuing_urls
from mshield.server.database.interface import Conflict, Database, Tx
from mshield.server.keys.errors import AuthorityExists
from mshield.server.keys.keyring import Keyring
from mshield.server.settings.settings import Settings
from mshield.wire.times import DAY_MS

LIFE_DAYS: Final = 5 * 365


@dataclass(frozen=True, slots=True)
class TsaKeyNames:
    """References to keys in devices, `sdf:INDEX` and `pkcs11:…`; None for a key that is created here and sealed."""

    sm2: str | None = None
    p256: str | None = None


MADE_HERE: Final = TsaKeyNames()


async def renew_tsa(
    db: Database,
    keyring: Keyring,
    engine: Engine,
    settings: Settings,
    *,
    keys: TsaKeyNames = MADE_HERE,
    now: int,
) -> tuple[AuthorityRow, AuthorityRow]:
    """Replaces both keys of the authority and returns its new rows.

    Raises: NoAuthority (no CA), AuthorityExists (another renewal came first), BadKeyReference, HardwareError.
    """
    root = await open_authority(db, keyring, engine, ROOT)
    olds = {name: (await require_authority(db, name)).certificate for name in TSA.values()}
    rows = make_tsa(keyring, engine, settings, root, keys=keys, now=now)

    async def work(tx: Tx) -> None:
        for row in rows:
            old = olds[row.name]
            if not await replace_authority(tx, row, old_certificate=old):
                raise Conflict("the key was renewed by somebody else meanwhile")
            certificates = {"sha256": row.certificate, "old_sha256": old}
            await acts.record(
                tx,
                by=SERVICE,
                act="ca.renew_tsa",
                subject=row.name,
                details={name: sha256(der).hexdigest() for name, der in certificates.items()},
                now=now,
            )

    try:
        await db.write(work)
    except Conflict as error:
        raise AuthorityExists(
            "时间戳密钥刚被更新，请重新查看",
            "the time stamping keys were renewed by somebody else meanwhile: look at them again",
        ) from error
    return rows


def make_tsa(
    keyring: Keyring,
    engine: Engine,
    settings: Settings,
    root: Authority,
    *,
    keys: TsaKeyNames = MADE_HERE,
    now: int,
) -> tuple[AuthorityRow, AuthorityRow]:
    """Returns rows with new keys and certificates: first SM2, then P-256."""
    sm2 = _sm2(keyring, settings, root, new_ca_key(keyring, engine, keys.sm2), now=now)
    return sm2, make_p256_tsa(keyring, root.certificate, new_p256(keyring, keys.p256), now=now)


def _sm2(keyring: Keyring, settings: Settings, root: Authority, key: CaKey, *, now: int) -> AuthorityRow:
    issuer = root.certificate
    certificate = issue_tsa(
        signer=root.signer,
        issuer=issuer,
        serial=serial_from(os.urandom(20)),
        subject=make_name(
            country=issuer.subject.get(oids.COUNTRY),
            organisation=issuer.subject.organisation,
            common_name=_name(issuer, "TSA"),
        ),
        public=key.signer.public,
        not_before=_start(now),
        not_after=min(_start(now) + LIFE_DAYS * DAY_MS, issuer.not_after),
        crl=issuing_urls(settings.site).crl,
    )
    return seal_authority(keyring, TSA["sm2"], certificate, key)


def make_p256_tsa(
    keyring: Keyring, root: Certificate, private: ec.EllipticCurvePrivateKey, *, now: int
) -> AuthorityRow:
    """Returns the row of the self-signed P-256 authority, which is named after the root."""
    certificate = make_p256_certificate(
        private,
        country=root.subject.get(oids.COUNTRY),
        organisation=root.subject.organisation,
        common_name=_name(root, "TSA P-256"),
        serial=serial_from(os.urandom(20)),
        not_before=_start(now),
        not_after=_start(now) + LIFE_DAYS * DAY_MS,
        uses=(KeyUse.DIGITAL_SIGNATURE,),
        purpose=oids.TIME_STAMPING,
    )
    return seal_p256(keyring, private, certificate, name=TSA["p256"])


def _name(root: Certificate, what: str) -> str:
    return f"{root.subject.common_name.removesuffix(' Root CA')[: 63 - len(what)]} {what}"


def _start(now: int) -> int:
    return now // 1000 * 1000

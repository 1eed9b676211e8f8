"""Makes the own time stamping authority, with SM2 below the root and on P-256 by itself, or new keys in its place.

Its keys are apart from those of the CA and of the log: who has one of them can't make up the time of a signature.
"""

import os
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from mshield.domain.actor import SERVICE
from mshield.domain.times import DAY_MS
from mshield.gm.engine import Engine
from mshield.keys.authority import ROOT, Authority, open_authority, seal_authority
from mshield.keys.ca_keys import CaKey, new_ca_key
from mshield.keys.errors import AuthorityExists
from mshield.keys.keyring import Keyring
from mshield.keys.p256 import new_p256, seal_p256
from mshield.keys.tsa import TSA
from mshield.pki.asn1 import oids
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.certificates.extensions import KeyUse
from mshield.pki.certificates.issue import issue_tsa, serial_from
from mshield.pki.certificates.names import make_name
from mshield.pki.certificates.p256 import make_p256_certificate
from mshield.services.publication.urls import issuing_urls
from mshield.settings import Settings
from mshield.store.ca.authorities import AuthorityRow, find_authority, insert_authorities, replace_authority
from mshield.store.database.interface import Conflict, Database, Tx
from mshield.store.staff import acts

LIFE_DAYS: Final = 5 * 365


@dataclass(frozen=True, slots=True)
class TsaKeyNames:
    """References to keys that devices hold, `sdf:INDEX` and `pkcs11:…`; None for one that is made here and sealed."""

    sm2: str | None = None
    p256: str | None = None


MADE_HERE: Final = TsaKeyNames()


async def init_tsa(
    db: Database,
    keyring: Keyring,
    engine: Engine,
    settings: Settings,
    *,
    renew: bool,
    keys: TsaKeyNames = MADE_HERE,
    now: int,
) -> list[AuthorityRow]:
    """The authority's rows, made where there are none; `renew` puts new keys in place of those there are.

    Raises NoAuthority where there is no CA; AuthorityExists where there is nothing to make, or somebody was faster;
    BadKeyReference, HardwareError.
    """
    root = await open_authority(db, keyring, engine, ROOT)
    olds = {name: await find_authority(db, name=name) for name in TSA.values()}
    rows = [
        row
        for row in make_tsa(keyring, engine, settings, root, keys=keys, now=now)
        if renew or olds[row.name] is None
    ]
    if not rows:
        raise _exists()

    async def work(tx: Tx) -> None:
        for row in rows:
            old = olds[row.name]
            if old is None:
                await insert_authorities(tx, [row], now=now)
            elif not await replace_authority(tx, row, old_certificate=old.certificate):
                raise Conflict("another renewal was faster")
            before = {} if old is None else {"old_sha256": sha256(old.certificate).hexdigest()}
            await acts.record(
                tx,
                by=SERVICE,
                act="ca.init_tsa" if old is None else "ca.renew_tsa",
                subject=row.name,
                details={"sha256": sha256(row.certificate).hexdigest(), **before},
                now=now,
            )

    try:
        await db.write(work)
    except Conflict as error:
        raise _exists() from error
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
    """Rows with new keys and certificates: SM2's, then P-256's."""
    sm2 = _sm2(keyring, settings, root, new_ca_key(keyring, engine, keys.sm2), now=now)
    return sm2, _p256(keyring, root.certificate, new_p256(keyring, keys.p256), now=now)


def _sm2(keyring: Keyring, settings: Settings, root: Authority, key: CaKey, *, now: int) -> AuthorityRow:
    above = root.certificate
    certificate = issue_tsa(
        signer=root.signer,
        issuer=above,
        serial=serial_from(os.urandom(20)),
        subject=make_name(
            country=above.subject.get(oids.COUNTRY),
            organisation=above.subject.organisation,
            common_name=_name(above, "TSA"),
        ),
        public=key.signer.public,
        not_before=_start(now),
        not_after=min(_start(now) + LIFE_DAYS * DAY_MS, above.not_after),
        crl=issuing_urls(settings).crl,
    )
    return seal_authority(keyring, TSA["sm2"], certificate, key)


def _p256(
    keyring: Keyring, root: Certificate, private: ec.EllipticCurvePrivateKey, *, now: int
) -> AuthorityRow:
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


def _exists() -> AuthorityExists:
    return AuthorityExists(
        "时间戳密钥已存在，更新请用 --renew",
        "there is a time stamping authority already; --renew puts new keys in its place",
    )

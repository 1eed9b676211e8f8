"""Creation or renewal of the P-256 key that signs statuses for clients without SM2."""

import os
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from mshield.pki.asn1 import oids
from mshield.pki.certificates.certificate import parse_certificate
from mshield.pki.certificates.extensions import KeyUse
from mshield.pki.certificates.issue import serial_from
from mshield.pki.certificates.names import Name
from mshield.pki.certificates.p256 import make_p256_certificate
from mshield.server.acts.actor import SERVICE
from mshield.server.acts.rows import acts
from mshield.server.authorities.authority import ROOT
from mshield.server.authorities.p256 import P256, new_p256, seal_p256
from mshield.server.authorities.rows.authorities import (
    AuthorityRow,
    delete_crls,
    find_authority,
    insert_authorities,
    replace_authority,
)
from mshield.server.database.interface import Conflict, Database, Tx
from mshield.server.keys.errors import AuthorityExists, NoAuthority
from mshield.server.keys.keyring import Keyring
from mshield.wire.times import DAY_MS

LIFE_DAYS: Final = 10 * 365


async def init_p256(
    db: Database, keyring: Keyring, *, renew: bool, key: str | None = None, now: int
) -> bytes:
    """Creates a new key and returns its certificate (DER); `renew` replaces the existing key.

    `key` names a key in a token. Raises: NoAuthority (no CA, or nothing to renew), AuthorityExists,
    BadKeyReference, HardwareError.
    """
    root = await find_authority(db, name=ROOT)
    old = await find_authority(db, name=P256)
    if root is None or (renew and old is None):
        raise NoAuthority(
            "还没有可更新的密钥：请先运行 mshield ca init 和 mshield ca init-p256",
            "there is nothing to renew: run `mshield ca init` and `mshield ca init-p256` first",
        )
    private = new_p256(keyring, key)
    certificate = _certificate(private, parse_certificate(root.certificate).subject, now=now)
    row = seal_p256(keyring, private, certificate)

    async def work(tx: Tx) -> None:
        if old is None or not renew:
            await insert_authorities(tx, [row], now=now)
        elif not await replace_authority(tx, row, old_certificate=old.certificate):
            raise Conflict("the key was renewed by somebody else meanwhile")
        await delete_crls(tx, authority=P256)
        await acts.record(
            tx,
            by=SERVICE,
            act="ca.renew_p256" if renew else "ca.init_p256",
            subject=P256,
            details=_details(certificate, old),
            now=now,
        )

    try:
        await db.write(work)
    except Conflict as error:
        raise AuthorityExists(
            "P-256 状态签名密钥已存在，更新请用 --renew",
            "a P-256 key for certificate status already exists; --renew replaces it",
        ) from error
    return certificate


def _details(certificate: bytes, old: AuthorityRow | None) -> dict[str, str]:
    """Returns the act's details: the fingerprints of the new certificate and of the previous one."""
    before = {} if old is None else {"old_sha256": sha256(old.certificate).hexdigest()}
    return {"sha256": sha256(certificate).hexdigest(), **before}


def _certificate(private: ec.EllipticCurvePrivateKey, root: Name, *, now: int) -> bytes:
    start = now // 1000 * 1000
    return make_p256_certificate(
        private,
        country=root.get(oids.COUNTRY),
        organisation=root.organisation,
        common_name=f"{root.common_name.removesuffix(' Root CA')[:51]} Status P-256",
        serial=serial_from(os.urandom(20)),
        not_before=start,
        not_after=start + LIFE_DAYS * DAY_MS,
        uses=(KeyUse.DIGITAL_SIGNATURE, KeyUse.CRL_SIGN),
        purpose=oids.OCSP_SIGNING,
    )

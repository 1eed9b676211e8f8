"""Creation of the certificate authority, once per database: SM2 root, issuing CA, OCSP responders, own TSA.

Nothing is stored before everything is signed, and an existing authority is never replaced.
"""

import os
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from mshield.gm.engine import Engine
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.certificates.issue import issue_intermediate, self_signed_root, serial_from
from mshield.pki.certificates.names import Name, make_name
from mshield.server.acts.actor import SERVICE
from mshield.server.acts.rows import acts
from mshield.server.authorities.authority import (
    ROOT,
    Authority,
    generation_of,
    issuing_name,
    responder_name,
    seal_authority,
)
from mshield.server.authorities.keys import new_ca_key
from mshield.server.authorities.rows.authorities import AuthorityRow, insert_authorities, list_authorities
from mshield.server.authorities.tsa import TSA
from mshield.server.authorities.urls import issuing_urls
from mshield.server.ca.renew_tsa import make_tsa
from mshield.server.database.interface import Conflict, Database, Tx
from mshield.server.keys.errors import AuthorityExists, BadKeyReference, NoAuthority
from mshield.server.keys.keyring import Keyring
from mshield.server.publication.renew_responder import make_responder
from mshield.server.settings.settings import Settings
from mshield.wire.times import DAY_MS

ROOT_DAYS: Final = 20 * 365
ISSUING_DAYS: Final = 10 * 365


@dataclass(frozen=True, slots=True)
class CaKeyNames:
    """References to keys in a cipher machine (`sdf:INDEX`); None for a key that is created here and sealed."""

    root: str | None = None
    issuing: str | None = None


MADE_HERE: Final = CaKeyNames()


@dataclass(frozen=True, slots=True)
class CaNames:
    """Names of the CA: common names are `NAME Root CA`, `NAME CA` and `NAME OCSP`.

    `organisation` is the O in all of them.
    """

    name: str = "Mobile Shield"
    organisation: str = "Mobile Shield"
    country: str = "CN"


async def init_ca(
    db: Database,
    keyring: Keyring,
    engine: Engine,
    settings: Settings,
    names: CaNames,
    *,
    keys: CaKeyNames = MADE_HERE,
    now: int,
) -> tuple[Certificate, Certificate]:
    """Creates and stores the CA, and returns its root and issuing certificates.

    `keys` names the keys in a cipher machine. Raises: AuthorityExists; BadName, LintError (bad names);
    BadKeyReference, HardwareError (bad `keys`).
    """
    if await list_authorities(db):
        raise _exists()
    rows, certificates = _make(keyring, engine, settings, names, keys, now=now)

    async def work(tx: Tx) -> None:
        await insert_authorities(tx, rows, now=now)
        details = {row.name: sha256(row.certificate).hexdigest() for row in rows}
        await acts.record(tx, by=SERVICE, act="ca.init", subject="root", details=details, now=now)

    try:
        await db.write(work)
    except Conflict as error:
        raise _exists() from error
    return certificates


def _make(
    keyring: Keyring, engine: Engine, settings: Settings, names: CaNames, keys: CaKeyNames, *, now: int
) -> tuple[list[AuthorityRow], tuple[Certificate, Certificate]]:
    start = now // 1000 * 1000
    root_key = new_ca_key(keyring, engine, keys.root)
    root = self_signed_root(
        signer=root_key.signer,
        serial=serial_from(os.urandom(20)),
        subject=make_name(
            country=names.country, organisation=names.organisation, common_name=f"{names.name} Root CA"
        ),
        not_before=start,
        not_after=start + ROOT_DAYS * DAY_MS,
    )
    authority = Authority(ROOT, root, root_key.signer)
    subject = make_name(
        country=names.country, organisation=names.organisation, common_name=f"{names.name} CA"
    )
    rows, issuing = make_issuing(
        keyring, engine, settings, authority, name=issuing_name(1), subject=subject, key=keys.issuing, now=now
    )
    return [
        seal_authority(keyring, ROOT, root, root_key),
        make_responder(keyring, engine, authority, now=now)[0],
        *rows,
        *make_tsa(keyring, engine, settings, authority, now=now),
    ], (root, issuing)


def make_issuing(
    keyring: Keyring,
    engine: Engine,
    settings: Settings,
    root: Authority,
    *,
    name: str,
    subject: Name,
    key: str | None,
    now: int,
) -> tuple[tuple[AuthorityRow, AuthorityRow], Certificate]:
    """Creates an issuing CA with a new key under the root, and its OCSP responder; returns rows and CA certificate.

    `key` names a key in a cipher machine. Raises: BadKeyReference (the root has this key), HardwareError.
    """
    start = now // 1000 * 1000
    own = new_ca_key(keyring, engine, key)
    if own.signer.public == root.certificate.public_key:
        raise another_key()
    certificate = issue_intermediate(
        signer=root.signer,
        issuer=root.certificate,
        serial=serial_from(os.urandom(20)),
        subject=subject,
        public=own.signer.public,
        not_before=start,
        not_after=min(start + ISSUING_DAYS * DAY_MS, root.certificate.not_after),
        urls=issuing_urls(settings.site),
        policy_oid=settings.ca.policy_oid,
    )
    authority = Authority(name, certificate, own.signer)
    responder, _ = make_responder(keyring, engine, authority, now=now)
    return (seal_authority(keyring, name, certificate, own), responder), certificate


def another_key() -> BadKeyReference:
    """Returns the error for a key that another CA already has."""
    return BadKeyReference(
        "此密钥已属于另一个签发机构：每个机构要有自己的密钥",
        "another CA already uses this key: each needs its own",
    )


def _exists() -> AuthorityExists:
    return AuthorityExists(
        "证书签发机构已存在，不会被覆盖", "a certificate authority already exists and is never overwritten"
    )


async def list_certificates(db: Database) -> list[tuple[str, Certificate, bool]]:
    """Returns name, certificate and "is revoked" of each authority: root, issuing CAs, their responders, own TSA.

    Raises: NoAuthority.
    """
    rows = {row.name: row for row in await list_authorities(db)}
    if not rows:
        raise NoAuthority(
            "尚未建立证书签发机构：请运行 mshield ca init",
            "there is no certificate authority: run `mshield ca init`",
        )
    issuing = sorted(filter(generation_of, rows), key=lambda name: generation_of(name) or 0)
    cas = ("root", *issuing)
    order = (*cas, *map(responder_name, cas), TSA["sm2"])
    return [
        (name, parse_certificate(row.certificate), row.revoked_at is not None)
        for name in order
        if (row := rows.get(name)) is not None
    ]

"""Makes the certificate authority: an SM2 root, the issuing CA below it, and their OCSP responders, once per database.

Nothing is stored before all of it is signed, and an authority that exists is never replaced.
"""

import os
from dataclasses import dataclass
from typing import Final

from mshield.gm.engine import Engine
from mshield.gm.sm2 import generate
from mshield.keys.authority import Authority, generation_of, responder_name, seal_authority
from mshield.keys.errors import AuthorityExists, NoAuthority
from mshield.keys.keyring import Keyring
from mshield.pki.certificate import Certificate, parse_certificate
from mshield.pki.issue import issue_intermediate, self_signed_root, serial_from
from mshield.pki.names import make_name
from mshield.pki.signer import KeySigner
from mshield.services.renew_responder import make_responder
from mshield.services.urls import issuing_urls
from mshield.settings import Settings
from mshield.store.authorities import AuthorityRow, insert_authorities, list_authorities
from mshield.store.database import Conflict, Database

DAY_MS: Final = 86_400_000
ROOT_DAYS: Final = 20 * 365
ISSUING_DAYS: Final = 10 * 365


@dataclass(frozen=True, slots=True)
class CaNames:
    """What the CA calls itself: common names are `NAME Root CA`, `NAME CA` and `NAME OCSP`; O is `organisation`."""

    name: str = "Mobile Shield"
    organisation: str = "Mobile Shield"
    country: str = "CN"


async def init_ca(
    db: Database, keyring: Keyring, engine: Engine, settings: Settings, names: CaNames, *, now: int
) -> tuple[Certificate, Certificate]:
    """Root and issuing certificate, made and stored. Raises AuthorityExists; BadName, LintError for bad names."""
    if await list_authorities(db):
        raise _exists()
    rows, certificates = _make(keyring, engine, settings, names, now=now)
    try:
        await insert_authorities(db, rows, now=now)
    except Conflict as error:
        raise _exists() from error
    return certificates


def _make(
    keyring: Keyring, engine: Engine, settings: Settings, names: CaNames, *, now: int
) -> tuple[list[AuthorityRow], tuple[Certificate, Certificate]]:
    start = now // 1000 * 1000
    root_key, issuing_key = generate(engine), generate(engine)
    root_signer = KeySigner(engine, root_key)
    root = self_signed_root(
        signer=root_signer,
        serial=serial_from(os.urandom(20)),
        subject=make_name(
            country=names.country, organisation=names.organisation, common_name=f"{names.name} Root CA"
        ),
        not_before=start,
        not_after=start + ROOT_DAYS * DAY_MS,
    )
    issuing = issue_intermediate(
        signer=root_signer,
        issuer=root,
        serial=serial_from(os.urandom(20)),
        subject=make_name(
            country=names.country, organisation=names.organisation, common_name=f"{names.name} CA"
        ),
        public=issuing_key.public,
        not_before=start,
        not_after=start + ISSUING_DAYS * DAY_MS,
        urls=issuing_urls(settings),
        policy_oid=settings.certificate_policy,
    )
    authorities = (
        Authority("root", root, root_signer),
        Authority("issuing", issuing, KeySigner(engine, issuing_key)),
    )
    rows = [
        seal_authority(keyring, "root", root, root_key),
        seal_authority(keyring, "issuing", issuing, issuing_key),
    ]
    rows += [make_responder(keyring, engine, authority, now=now)[0] for authority in authorities]
    return rows, (root, issuing)


def _exists() -> AuthorityExists:
    return AuthorityExists(
        "证书签发机构已存在，不会被覆盖", "there is a certificate authority already; it is never overwritten"
    )


async def list_certificates(db: Database) -> list[tuple[str, Certificate]]:
    """Name and certificate of each authority: root, issuing CAs, then their responders. Raises NoAuthority."""
    rows = {row.name: row for row in await list_authorities(db)}
    if not rows:
        raise NoAuthority(
            "尚未建立证书签发机构：请运行 mshield ca init",
            "there is no certificate authority: run `mshield ca init`",
        )
    issuing = sorted(filter(generation_of, rows), key=lambda name: generation_of(name) or 0)
    cas = ("root", *issuing)
    order = (*cas, *map(responder_name, cas))
    return [(name, parse_certificate(rows[name].certificate)) for name in order if name in rows]

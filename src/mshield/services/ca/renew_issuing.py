"""The issuing CA's next generation, and its end before time.

A renewed CA has a new key and a new name; the one before stays for what it has issued: its certificate, list and OCSP
answers are published at their addresses, signed by its own keys, until its certificate ends and with it the last leaf.
"""

from collections.abc import Mapping
from typing import Final

from mshield.domain.actor import SERVICE, By
from mshield.gm.engine import Engine
from mshield.keys.authority import ROOT, generation_of, issuing_name, open_authority
from mshield.keys.errors import AuthorityExists, AuthorityRevoked, NoAuthority
from mshield.keys.keyring import Keyring
from mshield.pki.asn1 import oids
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.certificates.names import Name, make_name
from mshield.services.ca.init import another_key, make_issuing
from mshield.settings import Settings
from mshield.store.ca.authorities import (
    find_authority,
    insert_authorities,
    list_authorities,
    list_standings,
    revoke_authority,
)
from mshield.store.database.interface import Conflict, Database, Tx
from mshield.store.operations import jobs
from mshield.store.staff import acts

END_LEAVES: Final = "ca"
"""The job that ends what a revoked CA has issued."""


async def renew_issuing(
    db: Database, keyring: Keyring, engine: Engine, settings: Settings, *, key: str | None = None, now: int
) -> tuple[str, Certificate]:
    """Name and certificate of a new issuing CA, which issues from now on; `key` names a cipher machine's (`sdf:INDEX`).

    Raises NoAuthority, BadAuthority, SealError, HardwareError; AuthorityExists where another renewal was faster;
    BadKeyReference, also for the key of an earlier generation.
    """
    newest = await _newest(db)
    before = await find_authority(db, name=issuing_name(newest))
    if before is None:
        raise _no_authority(issuing_name(newest))
    name = issuing_name(newest + 1)
    root = await open_authority(db, keyring, engine, ROOT)
    subject = _next_subject(parse_certificate(before.certificate), newest)
    (row, responder), certificate = make_issuing(
        keyring, engine, settings, root, name=name, subject=subject, key=key, now=now
    )
    earlier = [row for row in await list_authorities(db) if generation_of(row.name) is not None]
    if certificate.public_key in {parse_certificate(row.certificate).public_key for row in earlier}:
        raise another_key()

    async def work(tx: Tx) -> None:
        await insert_authorities(tx, [row, responder], now=now)
        details = {
            "sha256": certificate.fingerprint().hex(),
            "responder_sha256": parse_certificate(responder.certificate).fingerprint().hex(),
        }
        await acts.record(tx, by=SERVICE, act="ca.renew_issuing", subject=name, details=details, now=now)

    try:
        await db.write(work)
    except Conflict as error:
        raise AuthorityExists(f"{name} 已由他人建立", f"{name} was made by someone else meanwhile") from error
    return name, certificate


async def revoke_issuing(db: Database, name: str, *, reason: int, now: int) -> Certificate:
    """Revokes an issuing CA for good (`reason` is an RFC 5280 code): the root's next list and answers say so.

    Raises NoAuthority, AuthorityRevoked.
    """
    return await db.write(lambda tx: revoke_issuing_in(tx, name, reason=reason, by=SERVICE, now=now))


async def revoke_issuing_in(
    tx: Tx, name: str, *, reason: int, by: By, details: Mapping[str, object] | None = None, now: int
) -> Certificate:
    """`revoke_issuing` inside of the caller's transaction; what it has issued is ended by the job `ca`, due at once.

    Raises as that does.
    """
    row = None if generation_of(name) is None else await find_authority(tx, name=name)
    if row is None:
        raise _no_authority(name)
    if not await revoke_authority(tx, name=name, reason=reason, now=now):
        raise AuthorityRevoked(f"{name} 早已被吊销", f"{name} is revoked already")
    recorded = {"reason": reason, **(details or {})}
    await acts.record(tx, by=by, act="ca.revoke_issuing", subject=name, details=recorded, now=now)
    await jobs.register(tx, name=END_LEAVES, now=now)
    await jobs.make_due(tx, name=END_LEAVES, now=now)
    return parse_certificate(row.certificate)


async def _newest(db: Database) -> int:
    generations = [generation_of(row.name) or 0 for row in await list_standings(db)]
    return max(generations, default=0) or 1


def _next_subject(before: Certificate, generation: int) -> Name:
    common_name = before.subject.common_name.removesuffix(f" {generation}")
    return make_name(
        country=before.subject.get(oids.COUNTRY),
        organisation=before.subject.organisation,
        common_name=f"{common_name} {generation + 1}",
    )


def _no_authority(name: str) -> NoAuthority:
    return NoAuthority(f"没有名为 {name} 的签发机构", f"there is no issuing CA named {name}")

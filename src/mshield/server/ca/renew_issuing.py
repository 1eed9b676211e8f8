"""Next generation of the issuing CA, and early revocation of one.

A renewed CA has a new key and a new name. The previous one remains in use for the certificates that it
issued: its certificate, list and OCSP answers stay published at their addresses, signed by its own keys,
until its certificate expires, and with it the last leaf.
"""

from collections.abc import Mapping
from typing import Final

from mshield.gm.engine import Engine
from mshield.pki.asn1 import oids
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.certificates.names import Name, make_name
from mshield.server.acts.actor import SERVICE, By
from mshield.server.acts.rows import acts
from mshield.server.authorities.authority import ROOT, generation_of, issuing_name, open_authority
from mshield.server.authorities.rows.authorities import (
    find_authority,
    insert_authorities,
    list_authorities,
    list_authority_states,
    revoke_authority,
)
from mshield.server.ca.init import another_key, make_issuing
from mshield.server.database.interface import Conflict, Database, Tx
from mshield.server.keys.errors import AuthorityExists, AuthorityRevoked, NoAuthority
from mshield.server.keys.keyring import Keyring
from mshield.server.runtime.rows import jobs
from mshield.server.settings.settings import Settings

END_LEAVES: Final = "ca"
"""Job that revokes the certificates issued by a revoked CA."""


async def renew_issuing(
    db: Database, keyring: Keyring, engine: Engine, settings: Settings, *, key: str | None = None, now: int
) -> tuple[str, Certificate]:
    """Creates the next issuing CA, which issues all further certificates, and returns its name and certificate.

    `key` names a key in a cipher machine (`sdf:INDEX`). Raises: NoAuthority, BadAuthority, SealError,
    HardwareError; AuthorityExists (another renewal came first); BadKeyReference, also for the key of an
    earlier generation.
    """
    newest = await newest_generation(db)
    previous = await find_authority(db, name=issuing_name(newest))
    if previous is None:
        raise _no_authority(issuing_name(newest))
    name = issuing_name(newest + 1)
    root = await open_authority(db, keyring, engine, ROOT)
    subject = next_subject(parse_certificate(previous.certificate), newest)
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
        raise AuthorityExists(
            f"{name} 已由他人建立", f"{name} was created by somebody else meanwhile"
        ) from error
    return name, certificate


async def revoke_issuing(db: Database, name: str, *, reason: int, now: int) -> Certificate:
    """Revokes an issuing CA permanently; the root's next list and OCSP answers say so. `reason` is an RFC 5280 code.

    Raises: NoAuthority, AuthorityRevoked.
    """
    return await db.write(lambda tx: revoke_issuing_in(tx, name, reason=reason, by=SERVICE, now=now))


async def revoke_issuing_in(
    tx: Tx,
    name: str,
    *,
    reason: int,
    by: By,
    details: Mapping[str, object] | None = None,
    at: int | None = None,
    now: int,
) -> Certificate:
    """Like `revoke_issuing`, but inside the caller's transaction; `at` (ms) is the revocation's time, by default now.

    It makes the job `ca` due at once, which revokes the certificates that the CA issued. Raises: as
    `revoke_issuing`.
    """
    row = None if generation_of(name) is None else await find_authority(tx, name=name)
    if row is None:
        raise _no_authority(name)
    if not await revoke_authority(tx, name=name, reason=reason, now=now if at is None else at):
        raise AuthorityRevoked(f"{name} 早已被吊销", f"{name} is already revoked")
    act_details = {"reason": reason, **(details or {})}
    await acts.record(tx, by=by, act="ca.revoke_issuing", subject=name, details=act_details, now=now)
    await jobs.register(tx, name=END_LEAVES, now=now)
    await jobs.make_due(tx, name=END_LEAVES, now=now)
    return parse_certificate(row.certificate)


async def newest_generation(db: Database) -> int:
    """Returns the generation of the newest issuing CA; 1 if there is none."""
    generations = [generation_of(row.name) or 0 for row in await list_authority_states(db)]
    return max(generations, default=0) or 1


def next_subject(before: Certificate, generation: int) -> Name:
    """Returns the name of the generation after this one."""
    common_name = before.subject.common_name.removesuffix(f" {generation}")
    return make_name(
        country=before.subject.get(oids.COUNTRY),
        organisation=before.subject.organisation,
        common_name=f"{common_name} {generation + 1}",
    )


def _no_authority(name: str) -> NoAuthority:
    return NoAuthority(f"没有名为 {name} 的签发机构", f"there is no issuing CA named {name}")

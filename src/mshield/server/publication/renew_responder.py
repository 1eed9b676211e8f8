"""OCSP responders: each CA delegates to a separate key, whose certificate of five weeks is renewed automatically.

Clients don't check a responder's revocation (nocheck), so it is short-lived. Each renewal brings a new key,
and is recorded as an act.
"""

import logging
import os
from collections.abc import Sequence
from typing import Final

from mshield.gm.engine import Engine
from mshield.pki.asn1 import oids
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.certificates.issue import issue_ocsp_responder, serial_from
from mshield.pki.certificates.names import make_name
from mshield.server.acts.actor import SERVICE
from mshield.server.acts.rows import acts
from mshield.server.authorities.authority import (
    ROOT,
    Authority,
    generation_of,
    no_authority,
    open_authority,
    responder_name,
    seal_authority,
)
from mshield.server.authorities.keys import new_ca_key
from mshield.server.authorities.rows.authorities import AuthorityRow, list_authorities, replace_authority
from mshield.server.database.interface import Conflict, Database, Tx
from mshield.server.keys.errors import AuthorityExists, HardwareError, KeyElsewhere, NoAuthority
from mshield.server.keys.keyring import Keyring
from mshield.wire.times import DAY_MS, HOUR_MS

_log = logging.getLogger(__name__)

LIFE_MS: Final = 35 * DAY_MS
RENEW_MS: Final = 14 * DAY_MS
"""Remaining lifetime below which a responder is replaced, since an answer must not outlive its responder."""

BACKDATE_MS: Final = HOUR_MS
"""An answer made now is also checked at a slightly earlier time, when the document in question was signed."""


def is_due(responder: Certificate, issuer: Certificate, *, now: int) -> bool:
    """Reports whether the responder should be replaced: it is near its end, and a new one would live longer.

    No responder outlives its CA, so in a CA's last weeks a renewal is pointless.
    """
    return responder.not_after - now <= RENEW_MS and _end(issuer, now=now) > responder.not_after


async def current_responder(
    db: Database, keyring: Keyring, engine: Engine, issuer: Certificate, ca: str, *, now: int
) -> Authority:
    """Returns the responder of `ca`, whose certificate is `issuer`, after renewing it if that is due.

    If the device with the CA's key fails, or the root's key is elsewhere, the current responder stays in use
    until its end. Raises: NoAuthority, BadAuthority, SealError, HardwareError, KeyElsewhere.
    """
    name = responder_name(ca)
    responder = await open_authority(db, keyring, engine, name)
    if not is_due(responder.certificate, issuer, now=now):
        return responder
    try:
        authority = await open_authority(db, keyring, engine, ca)
        row, certificate = await authority.signing(
            lambda: make_responder(keyring, engine, authority, now=now)
        )
    except (HardwareError, KeyElsewhere) as error:
        if now >= responder.certificate.not_after:
            raise
        _log.error("the OCSP responder of %s can't be renewed: %s", ca, error)
        return responder
    try:
        await _replace(db, [(row, responder.certificate)], cause="due", now=now)
    except Conflict:  # Another process came first.
        return await open_authority(db, keyring, engine, name)
    return certificate


async def renew_responders(
    db: Database, keyring: Keyring, engine: Engine, name: str | None, *, now: int
) -> list[tuple[str, Certificate]]:
    """Makes new keys for the responder of the named CA, or of every unexpired CA; returns names and certificates.

    `name` may also be the responder's own. Raises: NoAuthority, BadAuthority, SealError, KeyElsewhere,
    AuthorityExists (another renewal came first).
    """
    rows = {row.name: row for row in await list_authorities(db)}
    renewed = []
    for ca in _select_cas(rows, name, now=now):
        old = parse_certificate(rows[responder_name(ca)].certificate)
        try:
            authority = await open_authority(db, keyring, engine, ca)
        except KeyElsewhere:
            if name is not None:
                raise
            continue  # the root's responder: its next certificate is requested from the root
        row, new = make_responder(keyring, engine, authority, now=now)
        renewed.append((row, old, new.certificate))
    try:
        await _replace(db, [(row, old) for row, old, _ in renewed], cause="asked", now=now)
    except Conflict as error:
        raise AuthorityExists(
            "响应证书刚被更新，请重新查看",
            "a responder was renewed by somebody else meanwhile: look at them again",
        ) from error
    return [(row.name, new) for row, _, new in renewed]


def _select_cas(rows: dict[str, AuthorityRow], name: str | None, *, now: int) -> list[str]:
    """Returns the CAs whose responders are selected. Raises: NoAuthority."""
    cas = [
        ca
        for ca in sorted(rows, key=lambda name: generation_of(name) or 0)
        if (ca == ROOT or generation_of(ca) is not None)
        and responder_name(ca) in rows
        and now < parse_certificate(rows[ca].certificate).not_after
    ]
    chosen = [ca for ca in cas if name in {None, ca, responder_name(ca)}]
    if not chosen and name is None:
        raise no_authority()
    if not chosen:
        raise NoAuthority(
            f"没有名为 {name} 且仍在有效期内的签发机构", f"there is no unexpired CA named {name}"
        )
    return chosen


async def _replace(
    db: Database, renewed: Sequence[tuple[AuthorityRow, Certificate]], *, cause: str, now: int
) -> None:
    """Replaces the responders that were read, all or none. Raises: Conflict (one was replaced already)."""

    async def work(tx: Tx) -> None:
        for row, old in renewed:
            if not await replace_authority(tx, row, old_certificate=old.der):
                raise Conflict("the key was renewed by somebody else meanwhile")
            details = {
                "cause": cause,
                "sha256": parse_certificate(row.certificate).fingerprint().hex(),
                "old_sha256": old.fingerprint().hex(),
                "old_until": old.not_after,
            }
            await acts.record(
                tx, by=SERVICE, act="ca.renew_responder", subject=row.name, details=details, now=now
            )

    await db.write(work)


def make_responder(
    keyring: Keyring, engine: Engine, issuer: Authority, *, now: int
) -> tuple[AuthorityRow, Authority]:
    """Creates a new key and certificate for the responder of `issuer`; returns its row, and the responder."""
    name, ca_certificate = responder_name(issuer.name), issuer.certificate
    key = new_ca_key(keyring, engine)
    certificate = issue_ocsp_responder(
        signer=issuer.signer,
        issuer=ca_certificate,
        serial=serial_from(os.urandom(20)),
        subject=make_name(
            country=ca_certificate.subject.get(oids.COUNTRY),
            organisation=ca_certificate.subject.organisation,
            common_name=f"{ca_certificate.subject.common_name[:59]} OCSP",
        ),
        public=key.signer.public,
        not_before=max(ca_certificate.not_before, now - BACKDATE_MS),
        not_after=_end(ca_certificate, now=now),
    )
    return seal_authority(keyring, name, certificate, key), Authority(name, certificate, key.signer)


def _end(issuer: Certificate, *, now: int) -> int:
    return min(issuer.not_after, now - BACKDATE_MS + LIFE_MS)

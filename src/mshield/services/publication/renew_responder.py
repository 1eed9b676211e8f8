"""The OCSP responders: each CA delegates to a key of its own, under a certificate of five weeks that renews itself.

Nobody checks a responder's revocation (nocheck), so it lives shortly; each renewal brings a new key, and leaves an act.
"""

import logging
import os
from collections.abc import Sequence
from typing import Final

from mshield.domain.actor import SERVICE
from mshield.domain.times import DAY_MS, HOUR_MS
from mshield.gm.engine import Engine
from mshield.keys.authority import (
    ROOT,
    Authority,
    generation_of,
    open_authority,
    responder_name,
    seal_authority,
)
from mshield.keys.ca_keys import new_ca_key
from mshield.keys.errors import AuthorityExists, HardwareError, NoAuthority
from mshield.keys.keyring import Keyring
from mshield.pki.asn1 import oids
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.certificates.issue import issue_ocsp_responder, serial_from
from mshield.pki.certificates.names import make_name
from mshield.store.ca.authorities import AuthorityRow, list_authorities, replace_authority
from mshield.store.database.interface import Conflict, Database, Tx
from mshield.store.staff import acts

_log = logging.getLogger(__name__)

LIFE_MS: Final = 35 * DAY_MS
RENEW_MS: Final = 14 * DAY_MS
"""A responder with less life left than this is replaced; an answer must not outlive its responder."""

BACKDATE_MS: Final = HOUR_MS
"""Answers made now are also checked at a moment shortly before, when the thing in question was signed."""


def is_due(responder: Certificate, issuer: Certificate, *, now: int) -> bool:
    """Whether a new one should take its place: it is near its end, and the new one would live longer.

    No responder outlives its CA, so in a CA's last weeks there is nothing to gain.
    """
    return responder.not_after - now <= RENEW_MS and _end(issuer, now=now) > responder.not_after


async def current_responder(
    db: Database, keyring: Keyring, engine: Engine, issuer: Certificate, ca: str, *, now: int
) -> Authority:
    """The responder of `ca`, whose certificate is `issuer`, renewed first if it is due.

    Where the device with the CA's key fails, the one that is due goes on until its end. Raises NoAuthority,
    BadAuthority, SealError, HardwareError.
    """
    name = responder_name(ca)
    responder = await open_authority(db, keyring, engine, name)
    if not is_due(responder.certificate, issuer, now=now):
        return responder
    try:
        above = await open_authority(db, keyring, engine, ca)
        row, certificate = await above.signing(lambda: make_responder(keyring, engine, above, now=now))
    except HardwareError as error:
        if now >= responder.certificate.not_after:
            raise
        _log.error("the OCSP responder of %s is not renewed: %s", ca, error)
        return responder
    try:
        await _replace(db, [(row, responder.certificate)], cause="due", now=now)
    except Conflict:  # another process was faster
        return await open_authority(db, keyring, engine, name)
    return certificate


async def renew_responders(
    db: Database, keyring: Keyring, engine: Engine, name: str | None, *, now: int
) -> list[tuple[str, Certificate]]:
    """New keys for the responder of the CA of this name, or of every CA that has not ended: names and certificates.

    A responder's own name does as well. Raises NoAuthority, BadAuthority, SealError; AuthorityExists where another
    renewal was faster.
    """
    rows = {row.name: row for row in await list_authorities(db)}
    renewed = []
    for ca in _chosen(rows, name, now=now):
        old = parse_certificate(rows[responder_name(ca)].certificate)
        above = await open_authority(db, keyring, engine, ca)
        row, new = make_responder(keyring, engine, above, now=now)
        renewed.append((row, old, new.certificate))
    try:
        await _replace(db, [(row, old) for row, old, _ in renewed], cause="asked", now=now)
    except Conflict as error:
        raise AuthorityExists(
            "响应证书刚被更新，请重新查看", "a responder was renewed by someone else meanwhile: look again"
        ) from error
    return [(row.name, new) for row, _, new in renewed]


def _chosen(rows: dict[str, AuthorityRow], name: str | None, *, now: int) -> list[str]:
    """The CAs whose responders are meant. Raises NoAuthority."""
    cas = [
        ca
        for ca in sorted(rows, key=lambda name: generation_of(name) or 0)
        if (ca == ROOT or generation_of(ca) is not None)
        and responder_name(ca) in rows
        and now < parse_certificate(rows[ca].certificate).not_after
    ]
    chosen = [ca for ca in cas if name in {None, ca, responder_name(ca)}]
    if not chosen and name is None:
        raise NoAuthority(
            "尚未建立证书签发机构：请运行 mshield ca init",
            "there is no certificate authority: run `mshield ca init`",
        )
    if not chosen:
        raise NoAuthority(
            f"没有名为 {name} 且仍在有效期内的签发机构", f"there is no CA named {name} that has not ended"
        )
    return chosen


async def _replace(
    db: Database, renewed: Sequence[tuple[AuthorityRow, Certificate]], *, cause: str, now: int
) -> None:
    """Puts responders in place of those that were read, all or none. Raises Conflict where one was replaced already."""

    async def work(tx: Tx) -> None:
        for row, old in renewed:
            if not await replace_authority(tx, row, old_certificate=old.der):
                raise Conflict("another renewal was faster")
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
    """A new key and certificate for the responder of `issuer`, and the row to store it in."""
    name, above = responder_name(issuer.name), issuer.certificate
    key = new_ca_key(keyring, engine)
    certificate = issue_ocsp_responder(
        signer=issuer.signer,
        issuer=above,
        serial=serial_from(os.urandom(20)),
        subject=make_name(
            country=above.subject.get(oids.COUNTRY),
            organisation=above.subject.organisation,
            common_name=f"{above.subject.common_name[:59]} OCSP",
        ),
        public=key.signer.public,
        not_before=max(above.not_before, now - BACKDATE_MS),
        not_after=_end(above, now=now),
    )
    return seal_authority(keyring, name, certificate, key), Authority(name, certificate, key.signer)


def _end(issuer: Certificate, *, now: int) -> int:
    return min(issuer.not_after, now - BACKDATE_MS + LIFE_MS)

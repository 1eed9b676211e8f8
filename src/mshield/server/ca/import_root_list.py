"""Import of the root's revocation list if the root's key is elsewhere: checked, stored, served at its address.

What the list says of issuing CAs counts here: one that it revokes is revoked, at the list's time.
"""

from collections.abc import Iterator
from typing import Final

from mshield.gm.engine import Engine
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.certificates.trust import require_signature
from mshield.pki.errors import BadCertificateSignature, PkiError
from mshield.pki.revocation.crl import CERTIFICATE_HOLD, Crl, lint_crl, parse_crl
from mshield.server.acts.actor import SERVICE
from mshield.server.acts.rows import acts
from mshield.server.authorities.authority import ROOT, generation_of, require_authority
from mshield.server.authorities.rows.authorities import (
    AuthorityRow,
    CrlRow,
    crl_der,
    insert_crl_in_turn,
    latest_crl,
    list_authorities,
)
from mshield.server.ca.renew_issuing import revoke_issuing_in
from mshield.server.ca.requests import require_elsewhere
from mshield.server.database.interface import Database, Tx
from mshield.server.keys.errors import BadCaImport
from mshield.server.keys.keyring import Keyring
from mshield.server.publication.crl import IMPORTED
from mshield.wire.times import DAY_MS, MINUTE_MS

WHAT: Final = "root list"
MAX_BYTES: Final = 64 * 1024
MAX_LIFE_MS: Final = 400 * DAY_MS
"""Maximum lifetime (ms) of a list: a year and a month for the next visit to the root."""

SKEW_MS: Final = 5 * MINUTE_MS
_MAX_NUMBER: Final = 1 << 53


async def import_root_list(
    db: Database, keyring: Keyring, engine: Engine, data: bytes, *, now: int
) -> tuple[Crl, list[str]]:
    """Imports a list (DER) and returns it, with the names of the issuing CAs that it newly revokes.

    Raises: NoAuthority, NoCaRequest (the root's key is here), BadCaImport.
    """
    await require_elsewhere(db, keyring)
    root = parse_certificate((await require_authority(db, ROOT)).certificate)
    crl = read_root_list(engine, data, root, now=now)
    return crl, await db.write(lambda tx: store_root_list(tx, crl, now=now))


def read_root_list(engine: Engine, data: bytes, root: Certificate, *, now: int) -> Crl:
    """Reads a list and checks all that needs no database. Raises: BadCaImport."""
    if len(data) > MAX_BYTES:
        raise BadCaImport(WHAT, ("too_large", f"{len(data)} octets"))
    try:
        crl = parse_crl(data)
    except PkiError as error:
        raise BadCaImport(WHAT, ("unreadable", str(error))) from error
    findings = list(_findings(engine, crl, root, now=now))
    if findings:
        raise BadCaImport(WHAT, *findings)
    return crl


def _findings(engine: Engine, crl: Crl, root: Certificate, *, now: int) -> Iterator[tuple[str, str]]:
    for finding in lint_crl(crl.tbs, root):
        yield finding.name, finding.detail
    try:
        require_signature(engine, root.public_key, crl.tbs, crl.signature, "revocation list")
    except BadCertificateSignature:
        yield "signature", "is not by the root"
    if crl.points:
        yield "partial", "covers only some certificates"
    if crl.this_update > now + SKEW_MS:
        yield "in_future", str(crl.this_update)
    if crl.next_update <= now:
        yield "expired", str(crl.next_update)
    if crl.next_update - crl.this_update > MAX_LIFE_MS:
        yield "life_too_long", f"{(crl.next_update - crl.this_update) // DAY_MS} days"
    if crl.number >= _MAX_NUMBER:
        yield "crl_number", str(crl.number)


async def store_root_list(tx: Tx, crl: Crl, *, now: int) -> list[str]:
    """Stores a list read by `read_root_list`, and revokes the issuing CAs on it; returns their names.

    Raises: BadCaImport (older than the stored one, or an entry that can't be followed).
    """
    latest = await latest_crl(tx, authority=ROOT)
    if latest is not None and (crl.number <= latest.number or crl.this_update < latest.this_update):
        raise BadCaImport(WHAT, ("not_newer", f"number {crl.number}, stored {latest.number}"))
    previous = None if latest is None else await crl_der(tx, authority=ROOT, number=latest.number)
    listed = {} if previous is None else parse_crl(previous).revoked
    revoked = []
    for row, certificate in _issuing(await list_authorities(tx)):
        entry = crl.revoked.get(certificate.serial)
        if entry is None and certificate.serial in listed and now <= certificate.not_after:
            raise BadCaImport(WHAT, ("unrevoked", row.name))
        if entry is not None and entry.reason == CERTIFICATE_HOLD:
            raise BadCaImport(WHAT, ("on_hold", f"{row.name}: an issuing CA is revoked or not"))
        if entry is not None and row.revoked_at is None:
            entry_details = {"crl_number": crl.number, "revoked_at": entry.at}
            await revoke_issuing_in(
                tx, row.name, reason=entry.reason, by=SERVICE, details=entry_details, at=entry.at, now=now
            )
            revoked.append(row.name)
    stored = CrlRow(crl.number, IMPORTED, crl.this_update, crl.next_update)
    if not await insert_crl_in_turn(tx, authority=ROOT, crl=stored, der=crl.der, made_from=-1):
        raise BadCaImport(WHAT, ("not_newer", f"number {crl.number}"))
    details: dict[str, object] = {"number": crl.number, "next_update": crl.next_update, "revoked": revoked}
    await acts.record(tx, by=SERVICE, act="ca.import_crl", subject=ROOT, details=details, now=now)
    return revoked


def _issuing(rows: list[AuthorityRow]) -> Iterator[tuple[AuthorityRow, Certificate]]:
    for row in rows:
        if generation_of(row.name) is not None:
            yield row, parse_certificate(row.certificate)

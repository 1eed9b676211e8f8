"""The OCSP responders: each CA delegates to a key of its own, under a certificate of five weeks that renews itself.

Nobody checks a responder's revocation (nocheck), so it lives shortly; each renewal brings a new key.
"""

import os
from typing import Final

from mshield.gm.engine import Engine
from mshield.gm.sm2 import generate
from mshield.keys.authority import Authority, open_authority, responder_name, seal_authority
from mshield.keys.keyring import Keyring
from mshield.pki import oids
from mshield.pki.issue import issue_ocsp_responder, serial_from
from mshield.pki.names import make_name
from mshield.pki.signer import KeySigner
from mshield.store.authorities import AuthorityRow, replace_authority
from mshield.store.database import Database

DAY_MS: Final = 86_400_000
LIFE_MS: Final = 35 * DAY_MS
RENEW_MS: Final = 14 * DAY_MS
"""A responder with less life left than this is replaced; an answer must not outlive its responder."""

BACKDATE_MS: Final = 3_600_000
"""Answers made now are also checked at a moment shortly before, when the thing in question was signed."""


async def current_responder(
    db: Database, keyring: Keyring, engine: Engine, issuer: str, *, now: int
) -> Authority:
    """The CA's responder, renewed first if it is near its end. Raises NoAuthority, BadAuthority, SealError."""
    name = responder_name(issuer)
    responder = await open_authority(db, keyring, engine, name)
    if responder.certificate.not_after - now > RENEW_MS:
        return responder
    row, made = make_responder(keyring, engine, await open_authority(db, keyring, engine, issuer), now=now)
    if await replace_authority(db, row, old_certificate=responder.certificate.der):
        return made
    return await open_authority(db, keyring, engine, name)  # another process was faster


def make_responder(
    keyring: Keyring, engine: Engine, issuer: Authority, *, now: int
) -> tuple[AuthorityRow, Authority]:
    """A new key and certificate for the responder of `issuer`, and the row to store it in."""
    name, above = responder_name(issuer.name), issuer.certificate
    private = generate(engine)
    certificate = issue_ocsp_responder(
        signer=issuer.signer,
        issuer=above,
        serial=serial_from(os.urandom(20)),
        subject=make_name(
            country=above.subject.get(oids.COUNTRY),
            organisation=above.subject.organisation,
            common_name=f"{above.subject.common_name[:59]} OCSP",
        ),
        public=private.public,
        not_before=max(above.not_before, now - BACKDATE_MS),
        not_after=min(above.not_after, now - BACKDATE_MS + LIFE_MS),
    )
    row = seal_authority(keyring, name, certificate, private)
    return row, Authority(name, certificate, KeySigner(engine, private))

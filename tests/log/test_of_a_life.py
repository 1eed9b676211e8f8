"""Rows left by the real services are explained by the log: application, signature, renewal, clone, lock, revocation."""

import pytest

from mshield.pki.tlog.entry import CertificateEntry, SignatureEntry
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.log.open_log import open_log
from mshield.server.log.read import prove_inclusion
from mshield.server.log.sequence import sequence
from mshield.server.log.verify import verify_log
from mshield.server.settings.settings import Settings
from mshield.server.signing.errors import PinLocked, WrongPin
from mshield.server.signing.rows.sessions import hold_clone
from tests.support.clock import Clock
from tests.support.issuing import change
from tests.support.renewal import Renewing, make_renewing
from tests.support.signing import WRONG_SHARE


@pytest.fixture
async def renewing(db: Database, keyring: Keyring, clock: Clock) -> Renewing:
    return await make_renewing(db, keyring, clock)


async def _entries(renewing: Renewing) -> list[str]:
    """Checks the log; returns each entry's kind, or a certificate's status."""
    world = renewing.world
    log = await open_log(world.db, world.keyring, Settings().site, now=world.clock())
    await sequence(log, now=world.clock())
    report = await verify_log(log)
    assert (report.findings, report.waiting) == ([], 0)
    assert report.checkpoint is not None
    told = []
    for index in range(report.checkpoint.size):
        entry = (await prove_inclusion(log, index=index)).check(log.key.verifier).entry
        match entry:
            case SignatureEntry():
                told.append("signature")
            case CertificateEntry():
                told.append(entry.status.name.lower())
    return told


async def test_application_renewal_and_lock_are_explained(renewing: Renewing) -> None:
    world = renewing.world
    assert await _entries(renewing) == ["good", "signature"]
    await world.sign([await world.task()])
    new, renewal = await renewing.issued()
    # The old key's consent and the new key's request are signatures too; the new certificate is issued and
    # pending.
    assert sorted((await _entries(renewing))[2:]) == ["good", *["signature"] * 3]
    await renewing.confirm(new, renewal)
    assert sorted((await _entries(renewing))[6:]) == ["good", "revoked", "signature"]
    world.phone = new
    for _ in range(5):
        sid = await world.task()
        with pytest.raises((WrongPin, PinLocked)):
            await world.sign([sid], d1=WRONG_SHARE)
    assert (await _entries(renewing))[9:] == ["good"]  # a locked PIN changes nothing published
    (locked,) = [
        serial for serial in await renewing.serials() if await renewing.state(serial) == "pin_locked"
    ]
    await change(world.db, locked, CertificateEvent.REVOKE, now=world.clock.advance(seconds=9), reason=4)
    assert (await _entries(renewing))[10:] == ["revoked"]


async def test_clone_is_explained(renewing: Renewing) -> None:
    assert await _entries(renewing) == ["good", "signature"]
    await hold_clone(renewing.world.db, uid=renewing.old.uid, now=renewing.now)
    assert (await _entries(renewing))[2:] == ["on_hold"]

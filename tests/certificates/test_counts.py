"""The overview's stored counts equal a count of all certificates and the lists that it links to.

This holds however far the log and the job have come.
"""

import pytest

from mshield.server.certificates.count import CountCertificates
from mshield.server.certificates.rows import counts, search
from mshield.server.certificates.rules.messages import CertificateCountsMessage
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.wire.times import DAY_MS
from tests.log.test_certificates import LIVES
from tests.support.filled_log import LoggedService
from tests.support.signing import execute, fetch, statement

E = CertificateEvent
_LISTS = ("regular", "expiring", "held", "pin_locked", "ended")
"""List names in the order of the counts."""

_ENDS = statement("SELECT not_after FROM certificates")


@pytest.fixture
async def service(db: Database, keyring: Keyring) -> LoggedService:
    return await LoggedService.on(db, keyring)


async def _agree(service: LoggedService) -> None:
    """Compares counts and lists at times around each end, with whatever has expired or is due by then."""
    ends = {service.now, service.now + 731 * DAY_MS}
    ends |= {row["not_after"] for row in await service.db.all(_ENDS)}
    for now in sorted({end + by for end in ends for by in (-DAY_MS, -1, 0, 1, DAY_MS)}):
        for due in (now + 182 * DAY_MS, now + 182 * DAY_MS + 5 * 3_600_000):
            kept = await counts.stored(service.db, due=due, now=now)
            assert kept == await counts.of_all(service.db, due=due, now=now), (now, due)
            listed = [await _listed(service.db, state, due=due, now=now) for state in _LISTS]
            assert kept == CertificateCountsMessage(*listed), (now, due)


async def _listed(db: Database, state: str, *, due: int, now: int) -> int:
    """Counts the entries of a list, page by page; none occurs twice."""
    terms, seen = search.SearchTerms(state=state), set[str]()
    before = (0, "") if state == "expiring" else (2**63 - 1, "")
    while places := await search.places(
        db, terms=terms, ends=None, page=search.Page(before=before, size=3, now=now, due=due)
    ):
        serials = {serial for _, serial in places}
        assert not serials & seen
        seen |= serials
        before = places[-1]
    return len(seen)


async def test_stored_counts_equal_a_full_count(
    service: LoggedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mshield.server.certificates.count.BATCH", 7)
    count = CountCertificates(service.db)
    assert await counts.stored(service.db, due=1, now=0) is None
    done = 0
    for number, events in enumerate(LIVES.values()):
        serial = await service.certify()
        for event in events:  # the job runs between two steps as well as after them
            await service.change(serial, event, reason=1)
            if number % 3 == 0:
                await service.sequence()
                done += await count()
        if number % 3 == 1:
            await service.sequence()
            done += await count()
    await service.sequence()
    assert (
        done + await count() == (await fetch(service.db, "SELECT COUNT(*) AS n FROM certificate_events"))["n"]
    )
    assert await count() == 0
    await _agree(service)
    every = await counts.stored(service.db, due=1, now=0)
    assert every is not None
    assert every.active + every.due + every.held + every.locked + every.ended == len(LIVES)


async def test_events_that_were_logged_in_another_order_count_once(service: LoggedService) -> None:
    """Clocks of processes differ: the log has a later event first, and the job runs between the two."""
    count, serial = CountCertificates(service.db), await service.certify()
    await service.change(serial, E.REPORT_LOSS)
    await service.change(serial, E.REVOKE, reason=1)
    await execute(service.db, "UPDATE certificate_events SET log_index = 10 WHERE event = 'revoke'")
    await execute(service.db, "UPDATE certificate_events SET log_index = 9 WHERE event = 'activate'")
    assert await count() == 2
    await execute(service.db, "UPDATE certificate_events SET log_index = 11 WHERE event = 'report_loss'")
    assert await count() == 1
    await _agree(service)

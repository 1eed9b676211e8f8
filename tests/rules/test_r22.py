"""R22: data that changed after issue make a renewal due, and the renewal certifies them."""

import pytest

from mshield.pki.certificates.certificate import parse_certificate_pem
from mshield.pki.certificates.names import leaf_subject
from mshield.server.certificates.errors import RenewalNotDue
from mshield.server.database.interface import Database
from mshield.server.filing.errors import FilingChanged, NoFiling
from mshield.server.keys.keyring import Keyring
from mshield.wire.phone.enrolment import Reason
from tests.support.clock import Clock
from tests.support.renewal import Renewing, make_renewing
from tests.support.signing import execute, fetch


@pytest.fixture
async def renewing(db: Database, keyring: Keyring, clock: Clock) -> Renewing:
    """A phone with a new certificate."""
    return await make_renewing(db, keyring, clock, due=False)


async def reason(renewing: Renewing) -> Reason | None:
    due = await renewing.renew.due(await renewing.login(), now=renewing.now)
    assert due is not None
    assert due.due == (due.reason is not None)
    return due.reason


async def certified_name(renewing: Renewing) -> tuple[str, str]:
    current = await renewing.world.certificates.current(await renewing.login(), log_key="", now=renewing.now)
    assert current is not None
    subject = leaf_subject(parse_certificate_pem(current.pem).subject)
    return subject.common_name, subject.organisation


async def test_r22_another_enterprise_name_on_file_shows_as_due_and_renewal_cures_it(
    renewing: Renewing,
) -> None:
    assert await reason(renewing) is None
    await renewing.change_filing()
    assert await reason(renewing) is Reason.FILING_CHANGED
    assert (await certified_name(renewing))[1] == "宁波北潮进出口有限公司"
    await renewing.renewed()
    assert await reason(renewing) is None
    assert (await certified_name(renewing))[1] == "宁波北潮供应链有限公司"
    with pytest.raises(RenewalNotDue):
        await renewing.begin()


async def test_r22_another_name_of_the_person_is_asked_for_and_certified(renewing: Renewing) -> None:
    await execute(
        renewing.world.db,
        "UPDATE filed_persons SET name = '林志远', version = version + 1 WHERE id = 'person'",
    )
    assert await reason(renewing) is Reason.FILING_CHANGED
    with pytest.raises(NoFiling):
        await renewing.begin()
    renewing.name = "林志远"
    await renewing.renewed()
    assert (await certified_name(renewing))[0] == "林志远"


async def test_r22_a_change_during_the_renewal_makes_the_next_one_due(renewing: Renewing) -> None:
    await renewing.change_filing("一")
    new, renewal = await renewing.issued()
    await renewing.change_filing("二")
    await renewing.confirm(new, renewal)
    renewing.world.phone = renewing.old = new
    assert await reason(renewing) is Reason.FILING_CHANGED
    row = await fetch(renewing.world.db, "SELECT filing_version FROM certificates WHERE state = 'active'")
    assert row["filing_version"] == 3


async def test_r22_ended_filing_prevents_renewal(renewing: Renewing) -> None:
    await execute(
        renewing.world.db, "UPDATE filed_persons SET ended_at = 1, version = version + 1 WHERE id = 'person'"
    )
    assert await renewing.renew.due(await renewing.login(), now=renewing.now) is None
    with pytest.raises(NoFiling):
        await renewing.begin()


async def test_r22_requests_are_refused_until_the_renewal(renewing: Renewing) -> None:
    await renewing.change_filing()
    with pytest.raises(FilingChanged):
        await renewing.world.task()
    new, renewal = await renewing.issued()
    with pytest.raises(FilingChanged):
        await renewing.world.task()
    await renewing.confirm(new, renewal)
    renewing.world.phone = renewing.old = new
    await renewing.world.sign([await renewing.world.task()])

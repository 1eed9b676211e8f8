"""R6: applying again without revocation fails and stops the first certificate; the user is warned before."""

from dataclasses import replace

import pytest

from mshield.server.accounts.errors import SmsCodeWrong
from mshield.server.certificates.errors import AlreadyCertified, CertificateExpired, DuplicateApplication
from mshield.server.certificates.rows import changes as certificate_changes
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.errors import Conflict, DomainError
from mshield.server.signing.errors import Held, PinLocked
from tests.support.issuing import change
from tests.support.more_phones import FORM, apply, begin, login_of
from tests.support.signing import CODE, World, execute, fetch


async def _standing(world: World) -> tuple[object, object]:
    row = await fetch(world.db, "SELECT state, holds FROM certificates ORDER BY issued_at DESC LIMIT 1")
    return row["state"], row["holds"]


async def _serial(world: World) -> str:
    return str((await fetch(world.db, "SELECT serial FROM certificates WHERE state <> 'revoked'"))["serial"])


async def test_r06_unwarned_nothing_changes_and_no_code_is_spent(world: World) -> None:
    await apply(world)

    async def spend(*, phone: str, purpose: str, code: str, now: int) -> None:
        pytest.fail("the code was spent on a warning")

    enrol = replace(world.enrol, spend_code=spend)
    with pytest.raises(AlreadyCertified) as warning:
        await enrol.begin(await login_of(world), FORM, sms_code=CODE, now=world.clock())
    assert warning.value.zh == "本机已有证书。再次申请会失败，现有证书也会停用"
    assert await _standing(world) == ("active", "")
    assert (await world.sign([await world.task()]))["items"]


async def test_r06_confirmed_it_fails_and_the_first_certificate_is_held(world: World) -> None:
    await apply(world)
    spent = []

    async def spend(*, phone: str, purpose: str, code: str, now: int) -> None:
        spent.append((phone, purpose, code))

    login, enrol = await login_of(world), replace(world.enrol, spend_code=spend)
    with pytest.raises(DuplicateApplication):
        await enrol.begin(login, FORM, sms_code=CODE, confirm_duplicate=True, now=world.clock())
    assert spent == [(login.phone, "apply", CODE)]
    assert await _standing(world) == ("active", "duplicate")
    with pytest.raises(Held):
        await world.task()
    last = (await certificate_changes.history(world.db, serial=await _serial(world)))[-1]
    assert (last.event, last.actor, last.actor_id) == ("apply_again", "user", "account")
    assert last.reason == "未经法人作废，在本机重复申请"


async def test_r06_with_a_wrong_code_or_wrong_data_nothing_is_held(world: World) -> None:
    await apply(world)

    async def spend(*, phone: str, purpose: str, code: str, now: int) -> None:
        raise SmsCodeWrong

    login, enrol = await login_of(world), replace(world.enrol, spend_code=spend)
    with pytest.raises(SmsCodeWrong):
        await enrol.begin(login, FORM, sms_code=CODE, confirm_duplicate=True, now=world.clock())
    assert await _standing(world) == ("active", "")


async def test_r06_the_hold_ends_by_revocation_and_then_the_user_may_apply(world: World) -> None:
    first = await apply(world)
    for _ in range(2):  # a third application changes nothing more
        with pytest.raises(DuplicateApplication):
            await begin(world, confirm_duplicate=True)
    serial = await _serial(world)
    for event in (CertificateEvent.LIFT_LOSS, CertificateEvent.UNFREEZE):
        with pytest.raises(Conflict):
            await change(world.db, serial, event, now=world.clock())
    with pytest.raises(DuplicateApplication):
        await begin(world)
    await change(world.db, serial, CertificateEvent.REVOKE, now=world.clock())
    world.clock.advance(seconds=1)
    assert await apply(world) == first
    assert await _standing(world) == ("active", "")
    events = [row.event for row in await certificate_changes.history(world.db, serial=serial)]
    assert events == ["activate", "apply_again", "revoke"]


@pytest.mark.parametrize("confirmed", [False, True])
@pytest.mark.parametrize(
    ("change_sql", "refusal"),
    [
        ("UPDATE certificates SET not_after = 1", CertificateExpired),
        ("UPDATE certificates SET state = 'pin_locked'", PinLocked),
    ],
)
async def test_r06_unusable_shield_is_not_suspended_and_must_be_revoked(
    world: World, *, confirmed: bool, change_sql: str, refusal: type[DomainError]
) -> None:
    await apply(world)
    await execute(world.db, change_sql)
    with pytest.raises(refusal):
        await world.enrol.check(await login_of(world), FORM, now=world.clock())
    with pytest.raises(refusal):
        await begin(world, confirm_duplicate=confirmed)
    assert (await _standing(world))[1] == ""
    await change(world.db, await _serial(world), CertificateEvent.REVOKE, now=world.clock())
    await apply(world)

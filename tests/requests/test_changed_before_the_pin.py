"""R22, R8, R14 at the PIN: what ended between scan and PIN, up to a day later, prevents the signature."""

from collections.abc import Awaitable, Callable
from typing import Final

import pytest

from mshield.gm import cosign
from mshield.server.filing.errors import FilingChanged
from mshield.server.signing.errors import WrongPin
from tests.support.signing import CREDIT_CODE, WRONG_SHARE, World, execute, fetch

Change = Callable[[World], Awaitable[None]]


async def _ended(world: World) -> None:
    await execute(world.db, "UPDATE filed_persons SET ended_at = $1, version = version + 1", world.clock())


async def _renamed(world: World) -> None:
    await execute(
        world.db,
        "UPDATE enterprises SET name = '宁波北潮', version = version + 1 WHERE credit_code = $1",
        CREDIT_CODE,
    )


CHANGES: Final[dict[str, Change]] = {"ended": _ended, "renamed": _renamed}


@pytest.mark.parametrize("change", CHANGES)
async def test_r22_filing_changed_after_the_scan_refuses_the_pin(world: World, change: str) -> None:
    sid = await world.task()
    await CHANGES[change](world)
    with pytest.raises(FilingChanged):
        await world.sign([sid])
    assert await world.counters() == (0, 0)


@pytest.mark.parametrize("change", CHANGES)
async def test_r22_filing_changed_during_the_pin_refuses_the_finish(world: World, change: str) -> None:
    nonces = await world.commit([await world.task()])
    opened = await world.open(nonces)
    await CHANGES[change](world)
    with pytest.raises(FilingChanged):
        await world.finish(world.partials(nonces, opened))
    assert await world.counters() == (0, 0)


async def test_r22_the_phones_own_documents_are_signed_as_before(world: World) -> None:
    """Otherwise nobody could renew, and renewal is the remedy."""
    await _renamed(world)
    await world.sign([await world.internal_task("confirm")])


async def test_r22_all_documents_of_a_batch_are_refused_together(world: World) -> None:
    sids = [await world.task(), await world.task()]
    await _ended(world)
    with pytest.raises(FilingChanged):
        await world.sign(sids)


async def _held(world: World) -> None:
    await execute(world.db, "UPDATE certificates SET holds = 'lost'")


async def _closed(world: World) -> None:
    await execute(world.db, "UPDATE tasks SET state = 'closed' WHERE request_id IS NOT NULL")


@pytest.mark.parametrize("right", [True, False], ids=["right PIN", "wrong PIN"])
@pytest.mark.parametrize("change", [_ended, _renamed, _held, _closed])
async def test_r10_attempt_counted_before_the_change_is_settled_without_a_signature(
    world: World, monkeypatch: pytest.MonkeyPatch, change: Change, *, right: bool
) -> None:
    """The service dies after counting the attempt, the state changes, and the phone sends the same bytes again."""
    nonces = await world.commit([await world.task()])
    opened = await world.open(nonces)
    partials = world.partials(nonces, opened, d1=None if right else WRONG_SHARE)

    def dies(*_: object, **__: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(cosign, "server_finish", dies)
        with pytest.raises(ConnectionError):
            await world.finish(partials)
    assert await world.counters() == (1, 1)
    await change(world)
    if right:
        answer = await world.finish(partials)
        assert answer["items"] == [{"sid": nonces[0].sid.hex(), "error": "task_closed"}]
        world.accept(answer)
        assert await world.counters() == (0, 0)
    else:
        with pytest.raises(WrongPin) as refused:
            await world.finish(partials)
        assert refused.value.extra == {"left": 4}
        assert await world.counters() == (1, 1)
    made = await fetch(world.db, "SELECT COUNT(*) AS made FROM signatures WHERE sid = $1", nonces[0].sid)
    assert made["made"] == 0

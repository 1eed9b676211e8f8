"""Documents of a batch that are left out: with the signatures of the others, for good, or not at all."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from mshield.domain import errors
from mshield.gm import cosign
from mshield.services.signing.excluded import bound_to, checked_reasons
from mshield.store.requests import requests
from mshield.store.requests.requests import DeclinedDocument, Result, SignedDocument
from mshield.store.signing import sessions as store
from mshield.store.signing.rows import KeyRow
from mshield.store.systems import webhooks
from mshield.store.systems.webhooks import EndedRequest
from tests.support.signing import WRONG_SHARE, World, execute, fetch, statement

WHY = "单价写错了"


async def _batch(world: World, count: int = 3) -> tuple[str, list[bytes]]:
    asked = await world.asked([f"第 {n} 票".encode() for n in range(count)])
    return asked.id, await world.scan(asked)


async def _halves(world: World, sids: list[bytes], *, d1: int | None = None) -> list[cosign.Partial]:
    nonces = await world.commit(sids)
    return world.partials(nonces, await world.open(nonces), d1=d1)


async def _states(world: World, request_id: str) -> list[str]:
    sql = "SELECT state FROM tasks WHERE request_id = $1 ORDER BY position"
    return [row["state"] for row in await world.db.all(statement(sql), p1=request_id)]


async def _result(world: World, request_id: str) -> Result:
    found = await requests.find_result(world.db, id=request_id, client_id=world.system.client_id)
    assert found is not None
    return found


async def _acts(world: World) -> list[tuple[str, str]]:
    sql = "SELECT subject, details FROM acts WHERE act = $1 ORDER BY id"
    rows = await world.db.all(statement(sql), p1="document.exclude")
    return [(row["subject"], row["details"]) for row in rows]


async def test_the_others_are_signed_and_the_request_is_over(world: World) -> None:
    request_id, sids = await _batch(world)
    answer = await world.finish(await _halves(world, [sids[0], sids[2]]), excluded={sids[1]: WHY})
    assert str(answer).count("'r'") == 2
    assert await _states(world, request_id) == ["signed", "declined", "signed"]
    result = await _result(world, request_id)
    assert result.state == "signed"
    assert [type(document) for document in result.documents] == [
        SignedDocument, DeclinedDocument, SignedDocument,
    ]  # fmt: skip
    assert result.documents[1] == DeclinedDocument("报关单", "raw", WHY)
    ((subject, details),) = await _acts(world)
    assert subject == request_id
    assert sids[1].hex() in details
    assert WHY in details
    assert await world.counters() == (0, 0)
    ended = EndedRequest(request_id, world.system.client_id, "signature", "signed", None, None, 0, 0)
    assert await webhooks.left_out(world.db, ended) == [1]
    assert await webhooks.left_out(world.db, replace(ended, state="declined")) == []


async def test_without_any_left_out_it_is_as_it_was(world: World) -> None:
    request_id, sids = await _batch(world)
    await world.finish(await _halves(world, sids))
    assert await _states(world, request_id) == ["signed"] * 3
    assert await _acts(world) == []
    assert bound_to(b"1" * 32, {}) == b"1" * 32


async def test_a_wrong_pin_leaves_nothing_out_and_counts_once(world: World) -> None:
    request_id, sids = await _batch(world)
    with pytest.raises(errors.WrongPin):
        await world.finish(await _halves(world, sids[:2], d1=WRONG_SHARE), excluded={sids[2]: WHY})
    assert await _states(world, request_id) == ["waiting"] * 3
    assert await world.counters() == (1, 1)
    await world.finish(await _halves(world, sids))
    assert await _states(world, request_id) == ["signed"] * 3


async def test_a_repeat_gets_the_same_answer_and_another_exclusion_none(world: World) -> None:
    request_id, sids = await _batch(world)
    halves = await _halves(world, sids[:1])
    first = await world.finish(halves, excluded={sids[1]: WHY, sids[2]: WHY})
    assert await world.finish(halves, excluded={sids[2]: WHY, sids[1]: WHY}) == first
    others: list[Mapping[bytes, str]] = [{}, {sids[1]: WHY}, {sids[1]: WHY, sids[2]: "另一个理由"}]
    for other in others:
        with pytest.raises(errors.NoSession):
            await world.finish(halves, excluded=other)
    assert await _states(world, request_id) == ["signed", "declined", "declined"]
    assert len(await _acts(world)) == 2


async def test_a_kill_after_the_count_goes_on_with_the_same_exclusion_only(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id, sids = await _batch(world)
    halves = await _halves(world, sids[:2])

    async def killed(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("mshield.store.signing.exclusions.record", killed)
        with pytest.raises(RuntimeError, match="killed"):
            await world.finish(halves, excluded={sids[2]: WHY})
    assert await _states(world, request_id) == ["waiting"] * 3
    assert await world.counters() == (1, 1)
    with pytest.raises(errors.NoSession):
        await world.finish(halves, excluded={})
    with pytest.raises(errors.NoSession):
        await world.finish(halves, excluded={sids[2]: "另一个理由"})
    await world.finish(halves, excluded={sids[2]: WHY})
    assert await _states(world, request_id) == ["signed", "signed", "declined"]
    assert await world.counters() == (0, 0)


async def test_what_is_signed_is_not_left_out_too(world: World) -> None:
    """Opened for signing, and named as left out at the end."""
    request_id, sids = await _batch(world)
    halves = await _halves(world, sids)
    with pytest.raises(errors.DomainError) as refused:
        await world.finish(halves, excluded={sids[2]: WHY})
    assert refused.value.code in {"task_closed", "malformed"}
    assert await _states(world, request_id) == ["waiting"] * 3
    assert await world.counters() == (0, 0)


async def test_an_unknown_document_one_of_another_request_and_the_protocols_own(world: World) -> None:
    request_id, sids = await _batch(world)
    _, others = await _batch(world)
    halves = await _halves(world, sids[:2])
    refresh = await world.internal_task("refresh")
    refusals: list[tuple[bytes, type[errors.DomainError]]] = [
        (bytes(16), errors.TaskClosed),
        (others[0], errors.Malformed),
        (refresh, errors.Malformed),
    ]
    for sid, refusal in refusals:
        with pytest.raises(refusal):
            await world.finish(halves, excluded={sid: WHY})
    assert await world.counters() == (0, 0)
    await world.finish(halves, excluded={sids[2]: WHY})
    assert await _states(world, request_id) == ["signed", "signed", "declined"]


async def test_all_of_one_request_beside_the_signature_of_another(world: World) -> None:
    _, sids = await _batch(world)
    other_id, others = await _batch(world)
    halves = await _halves(world, sids)
    with pytest.raises(errors.Malformed):
        await world.finish(halves, excluded=dict.fromkeys(others, WHY))
    assert await _states(world, other_id) == ["waiting"] * 3


async def test_of_two_requests_under_one_pin_each_has_its_own_left_out(world: World) -> None:
    (first_id, first), (second_id, second) = await _batch(world), await _batch(world, 2)
    halves = await _halves(world, [first[0], first[1], second[1]])
    await world.finish(halves, excluded={first[2]: WHY, second[0]: "重复了"})
    assert await _states(world, first_id) == ["signed", "signed", "declined"]
    assert await _states(world, second_id) == ["declined", "signed"]
    results = [await _result(world, first_id), await _result(world, second_id)]
    assert [result.state for result in results] == ["signed", "signed"]
    assert [len(result.signed) for result in results] == [2, 1]


async def test_of_a_request_that_was_cancelled_meanwhile_nothing_is_left_out(world: World) -> None:
    """The attempt was counted already. What may not be signed any more is answered as closed, all of it, as ever."""
    (first_id, first), (second_id, second) = await _batch(world, 2), await _batch(world, 2)
    halves = await _halves(world, [first[0], second[0]])
    key, _ = await _bound(world, halves, {second[1]: WHY})
    assert key.session is not None
    assert await requests.cancel(world.db, id=second_id, client_id=world.system.client_id, now=world.clock())
    await world.finish(halves, excluded={second[1]: WHY})
    assert await _states(world, second_id) == ["closed", "closed"]
    assert await _states(world, first_id) == ["waiting", "waiting"]
    assert await _acts(world) == []


async def _bound(
    world: World, halves: list[cosign.Partial], excluded: Mapping[bytes, str]
) -> tuple[KeyRow, bytes]:
    """The attempt is counted, and the process dies."""
    fb = bound_to(
        cosign.finish_hash(
            uid=world.phone.uid,
            items=[cosign.FinishItem(half.sid, half.Q1, half.rho, half.s_prime) for half in halves],
            tau=None,
        ),
        excluded,
    )
    found = await store.find(
        world.db,
        token_hash=world.phone.caller.token_hash,
        jkt=world.phone.caller.jkt,
        uid=world.phone.uid,
        sids=[],
        now=world.clock(),
    )
    assert found.key is not None
    await store.reserve_attempt(world.db, found.key, fb=fb, now=world.clock())
    return found.key, fb


async def test_one_whose_time_is_over_cannot_be_left_out(world: World) -> None:
    request_id, sids = await _batch(world)
    halves = await _halves(world, sids[:2])
    await execute(world.db, "UPDATE tasks SET expires_at = $1 WHERE sid = $2", world.clock(), sids[2])
    with pytest.raises(errors.TaskClosed):
        await world.finish(halves, excluded={sids[2]: WHY})
    assert await _states(world, request_id) == ["waiting"] * 3


async def test_what_was_left_out_cannot_be_signed_later(world: World) -> None:
    _, sids = await _batch(world)
    world.accept(await world.finish(await _halves(world, sids[:2]), excluded={sids[2]: WHY}))
    with pytest.raises(errors.TaskClosed):
        await world.sign([sids[2]])
    row = await fetch(world.db, "SELECT reason FROM tasks WHERE sid = $1", sids[2])
    assert row["reason"] == WHY


@pytest.mark.parametrize("reason", ["", "   ", "a" * 201, "两\u202e行", "回车\u0007", "\u2028"])
def test_a_reason_is_one_line_that_can_be_read(reason: str) -> None:
    with pytest.raises(errors.Malformed):
        checked_reasons([(bytes(16), reason)])


def test_nothing_is_left_out_twice() -> None:
    with pytest.raises(errors.Malformed):
        checked_reasons([(bytes(16), WHY), (bytes(16), "另一个理由")])
    assert checked_reasons([(bytes(16), "  单价\n 写错了 ")]) == {bytes(16): "单价 写错了"}

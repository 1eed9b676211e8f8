"""Documents excluded from a batch are declined permanently when the others are signed, or not at all."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from mshield.gm import cosign
from mshield.server.errors import DomainError
from mshield.server.requests.rows import requests
from mshield.server.requests.rows.requests import DeclinedDocument, Result, SignedDocument
from mshield.server.signing.errors import Malformed, NoSession, TaskClosed, WrongPin
from mshield.server.signing.excluded import bound_to, checked_reasons
from mshield.server.signing.rows import sessions as store
from mshield.server.signing.rows.rows import KeyRow
from mshield.server.webhooks.rows import webhooks
from mshield.server.webhooks.rows.webhooks import EndedRequest
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


async def test_excluded_document_is_declined_and_the_others_are_signed(world: World) -> None:
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
    assert await webhooks.excluded_documents(world.db, ended) == [1]
    assert await webhooks.excluded_documents(world.db, replace(ended, state="declined")) == []


async def test_batch_without_exclusions_is_signed_completely(world: World) -> None:
    request_id, sids = await _batch(world)
    await world.finish(await _halves(world, sids))
    assert await _states(world, request_id) == ["signed"] * 3
    assert await _acts(world) == []
    assert bound_to(b"1" * 32, {}) == b"1" * 32


async def test_wrong_pin_excludes_nothing_and_counts_once(world: World) -> None:
    request_id, sids = await _batch(world)
    with pytest.raises(WrongPin):
        await world.finish(await _halves(world, sids[:2], d1=WRONG_SHARE), excluded={sids[2]: WHY})
    assert await _states(world, request_id) == ["waiting"] * 3
    assert await world.counters() == (1, 1)
    await world.finish(await _halves(world, sids))
    assert await _states(world, request_id) == ["signed"] * 3


async def test_repeat_gets_the_same_answer_and_other_exclusions_are_refused(world: World) -> None:
    request_id, sids = await _batch(world)
    halves = await _halves(world, sids[:1])
    first = await world.finish(halves, excluded={sids[1]: WHY, sids[2]: WHY})
    assert await world.finish(halves, excluded={sids[2]: WHY, sids[1]: WHY}) == first
    others: list[Mapping[bytes, str]] = [{}, {sids[1]: WHY}, {sids[1]: WHY, sids[2]: "另一个理由"}]
    for other in others:
        with pytest.raises(NoSession):
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
        patch.setattr("mshield.server.signing.rows.exclusions.record", killed)
        with pytest.raises(RuntimeError, match="killed"):
            await world.finish(halves, excluded={sids[2]: WHY})
    assert await _states(world, request_id) == ["waiting"] * 3
    assert await world.counters() == (1, 1)
    with pytest.raises(NoSession):
        await world.finish(halves, excluded={})
    with pytest.raises(NoSession):
        await world.finish(halves, excluded={sids[2]: "另一个理由"})
    await world.finish(halves, excluded={sids[2]: WHY})
    assert await _states(world, request_id) == ["signed", "signed", "declined"]
    assert await world.counters() == (0, 0)


async def test_document_opened_for_signing_cannot_be_excluded(world: World) -> None:
    """The document was opened for signing and is then named as excluded in `finish`."""
    request_id, sids = await _batch(world)
    halves = await _halves(world, sids)
    with pytest.raises(DomainError) as refused:
        await world.finish(halves, excluded={sids[2]: WHY})
    assert refused.value.code in {"task_closed", "malformed"}
    assert await _states(world, request_id) == ["waiting"] * 3
    assert await world.counters() == (0, 0)


async def test_unknown_foreign_and_internal_documents_cannot_be_excluded(world: World) -> None:
    request_id, sids = await _batch(world)
    _, others = await _batch(world)
    halves = await _halves(world, sids[:2])
    refresh = await world.internal_task("refresh")
    refusals: list[tuple[bytes, type[DomainError]]] = [
        (bytes(16), TaskClosed),
        (others[0], Malformed),
        (refresh, Malformed),
    ]
    for sid, refusal in refusals:
        with pytest.raises(refusal):
            await world.finish(halves, excluded={sid: WHY})
    assert await world.counters() == (0, 0)
    await world.finish(halves, excluded={sids[2]: WHY})
    assert await _states(world, request_id) == ["signed", "signed", "declined"]


async def test_excluding_all_documents_of_a_second_request_is_refused(world: World) -> None:
    _, sids = await _batch(world)
    other_id, others = await _batch(world)
    halves = await _halves(world, sids)
    with pytest.raises(Malformed):
        await world.finish(halves, excluded=dict.fromkeys(others, WHY))
    assert await _states(world, other_id) == ["waiting"] * 3


async def test_two_requests_under_one_pin_each_have_their_own_exclusions(world: World) -> None:
    (first_id, first), (second_id, second) = await _batch(world), await _batch(world, 2)
    halves = await _halves(world, [first[0], first[1], second[1]])
    await world.finish(halves, excluded={first[2]: WHY, second[0]: "重复了"})
    assert await _states(world, first_id) == ["signed", "signed", "declined"]
    assert await _states(world, second_id) == ["declined", "signed"]
    results = [await _result(world, first_id), await _result(world, second_id)]
    assert [result.state for result in results] == ["signed", "signed"]
    assert [len(result.signed) for result in results] == [2, 1]


async def test_request_cancelled_meanwhile_excludes_nothing(world: World) -> None:
    """The attempt was counted already. Documents that may no longer be signed are all answered as closed."""
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
    """Counts the attempt and stops there, as if the process had died."""
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


async def test_expired_document_cannot_be_excluded(world: World) -> None:
    request_id, sids = await _batch(world)
    halves = await _halves(world, sids[:2])
    await execute(world.db, "UPDATE tasks SET expires_at = $1 WHERE sid = $2", world.clock(), sids[2])
    with pytest.raises(TaskClosed):
        await world.finish(halves, excluded={sids[2]: WHY})
    assert await _states(world, request_id) == ["waiting"] * 3


async def test_excluded_document_cannot_be_signed_later(world: World) -> None:
    _, sids = await _batch(world)
    world.accept(await world.finish(await _halves(world, sids[:2]), excluded={sids[2]: WHY}))
    with pytest.raises(TaskClosed):
        await world.sign([sids[2]])
    row = await fetch(world.db, "SELECT reason FROM tasks WHERE sid = $1", sids[2])
    assert row["reason"] == WHY


@pytest.mark.parametrize("reason", ["", "   ", "a" * 201, "两\u202e行", "回车\u0007", "\u2028"])
def test_unreadable_reason_is_refused(reason: str) -> None:
    with pytest.raises(Malformed):
        checked_reasons([(bytes(16), reason)])


def test_document_excluded_twice_is_refused() -> None:
    with pytest.raises(Malformed):
        checked_reasons([(bytes(16), WHY), (bytes(16), "另一个理由")])
    assert checked_reasons([(bytes(16), "  单价\n 写错了 ")]) == {bytes(16): "单价 写错了"}

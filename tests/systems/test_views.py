"""Views (展示规则): one officer submits one with samples, another sees them rendered and approves; log entries."""

import asyncio
import hashlib
import json
from typing import Any, Final

import httpx
import pytest

from mshield.gm.sm3 import sm3
from mshield.pki.tlog.entry import ViewEntry
from mshield.server.database.interface import SealBroken
from mshield.server.log.read import prove_view
from mshield.server.log.sequence import sequence
from mshield.server.log.verify import verify_log
from mshield.server.retention.sweep import purge
from mshield.server.staff.rules import StaffRole
from mshield.server.systems.register import register_system
from mshield.server.systems.rows import views as store
from mshield.server.systems.rules.lookalike import skeleton_of_id
from tests.support.acts import acts_on
from tests.support.assertions import refusal
from tests.support.console_people import Clerk, two_at_work
from tests.support.signing import fetch, tamper
from tests.support.small_view import CONTENT, VIEW_ID, handed_in, small_view

REASON: Final = {"reason": "新接口"}


one, other = two_at_work(StaffRole.SECURITY_OFFICER)


async def _hand_in(one: Clerk, document: dict[str, Any]) -> httpx.Response:
    return await one.call("POST", f"/systems/{one.application.client_id}/views", document)


async def _registered(one: Clerk, other: Clerk, view: bytes) -> dict[str, Any]:
    """Returns the request by which it was registered."""
    asked = await _hand_in(one, handed_in(view, **REASON))
    assert asked.status_code == 201, asked.text
    decided = await other.decide(asked.json())
    assert decided.status_code == 200, decided.text
    question: dict[str, Any] = asked.json()
    return question


async def _listed(one: Clerk) -> list[dict[str, Any]]:
    answer = await one.call("GET", f"/systems/{one.application.client_id}/views")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_two_officers_register_versions_and_one_withdraws(one: Clerk, other: Clerk) -> None:
    """The second version is rendered beside the first; the requester can't approve; acts record everything."""
    application, db = one.application, one.application.context.db
    client_id = application.client_id
    first = await _registered(one, other, small_view())
    shown = (await other.call("GET", f"/approvals/{first['id']}/view")).json()
    assert (shown["id"], shown["version"], shown["in_force"]) == (VIEW_ID, 1, None)
    assert shown["samples"][0]["before"] is None
    assert shown["samples"][0]["after"]["drawn"]["rest"] == [{"path": "note", "value": "易碎"}]

    asked = (await _hand_in(one, handed_in(small_view(2, ignore=("note",)), **REASON))).json()
    assert asked["act"] == "view.add"
    assert refusal(await one.decide(asked)) == (403, "own_approval")
    assert refusal(await _hand_in(one, handed_in(small_view(2), **REASON))) == (409, "approval_waiting")
    (sample,) = (await other.call("GET", f"/approvals/{asked['id']}/view")).json()["samples"]
    before, after = sample["before"]["drawn"], sample["after"]["drawn"]
    assert (before["not_shown"], after["not_shown"]) == ([], [{"count": 1, "path": "note"}])
    assert [view["state"] for view in await _listed(one)] == ["in_force"]
    assert (await other.decide(asked)).status_code == 200

    second, replaced = await _listed(one)
    assert (second["version"], second["state"]) == (2, "in_force")
    assert (replaced["version"], replaced["state"]) == (1, "replaced")
    assert (second["asked_by_name"], second["approved_by_name"]) == (one.name, other.name)
    octets = (await one.call("GET", f"/systems/{client_id}/views/{second['digest']}")).content
    assert sm3(octets).hex() == second["digest"]
    assert json.loads(octets) == json.loads(small_view(2, ignore=("note",)))
    newest = await store.newest(db, client_id=client_id, view_id=VIEW_ID)
    assert newest is not None
    assert newest.octets == octets == await store.octets_of(db, digest=newest.digest)
    assert [view.version for view in (await store.in_force(db, client_id=client_id)).rows] == [2]

    path = f"/systems/{client_id}/views/{second['digest']}/withdrawal"
    withdrawn = await one.call("POST", path, {"reason": "漏了备注"})
    assert [view["state"] for view in withdrawn.json()["items"]] == ["withdrawn", "replaced"]
    assert refusal(await other.call("POST", path, {"reason": "x"})) == (409, "conflict")
    assert (await store.in_force(db, client_id=client_id)).rows == ()
    assert await store.newest(db, client_id=client_id, view_id=VIEW_ID) is None
    assert refusal(await _hand_in(one, handed_in(small_view(2), **REASON))) == (409, "view_version_wrong")
    acts = [act for act in await acts_on(db, subject=client_id) if act.act.startswith("view.")]
    assert [(act.act, act.actor_id) for act in acts] == [
        ("view.add", other.id),
        ("view.add", other.id),
        ("view.withdraw", one.id),
    ]
    assert acts[1].details["asked_by"] == one.id
    assert acts[2].details["reason"] == "漏了备注"


async def test_log_records_the_view_and_both_officers(one: Clerk, other: Clerk) -> None:
    context, client_id = one.application.context, one.application.client_id
    await _registered(one, other, small_view())
    await sequence(context.log, now=one.application.clock())
    (listed,) = await _listed(one)
    digest = bytes.fromhex(listed["digest"])
    proof = await prove_view(context.log, client_id=client_id, digest=digest)
    entry = proof.check(context.log.key.verifier).entry
    assert isinstance(entry, ViewEntry)
    assert (entry.client_id, entry.view_id, entry.version) == (client_id, VIEW_ID, 1)
    assert (entry.digest, entry.at) == (digest, listed["at"])
    people = [hashlib.sha256(clerk.id.encode()).digest() for clerk in (one, other)]
    assert [entry.asked_by, entry.approved_by] == people
    assert (await verify_log(context.log)).holds
    assert one.id.encode() not in entry.encode()

    other_system, _ = await register_system(
        context.db, name="别的系统", domain="other.example", now=one.application.clock()
    )
    other_octets = small_view(1, ignore=("note",))
    for change, value in (
        ("octets", other_octets),
        ("digest", sm3(other_octets)),
        ("client_id", other_system),
    ):
        put = f"UPDATE views SET {change} = $1"  # noqa: S608  # of the names above
        was = (await fetch(context.db, "SELECT * FROM views"))[change]
        await tamper(context.db, put, value)
        findings = [each.code for each in (await verify_log(context.log)).findings]
        assert "row_changed" in findings, change
        with pytest.raises(SealBroken):
            await store.octets_of(context.db, digest=sm3(other_octets) if change == "digest" else digest)
        await tamper(context.db, put, was)
    assert (await verify_log(context.log)).holds


async def test_invalid_view_cannot_be_submitted(one: Clerk, other: Clerk) -> None:
    client_id = one.application.client_id
    missing = b'{"number":"1"}'
    cases: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
        (handed_in(b"{}"), "view_failed", {"error": "bad_view", "place": None}),
        (
            handed_in(small_view(), CONTENT, missing),
            "view_failed",
            {"error": "missing", "at": "/body/0/rows/1", "place": 1},
        ),
        (handed_in(small_view(), b"<a/>"), "view_failed", {"error": "content", "place": 0}),
        (handed_in(small_view(3)), "view_version_wrong", {"expected": 1}),
        (handed_in(small_view(), b"[" + b" " * 262_144), "invalid_request", {"fields": ["samples"]}),
        (
            handed_in(small_view(), *[b'"' + b"x" * 200_000 + b'"'] * 3),
            "invalid_request",
            {"fields": ["samples"]},
        ),
        (handed_in(small_view(), *[CONTENT] * 21), "invalid_request", {}),
        (handed_in(small_view()) | {"samples": []}, "invalid_request", {}),
        (handed_in(small_view()) | {"view_b64": "****"}, "invalid_request", {}),
    ]
    for document, code, more in cases:
        answer = await _hand_in(one, {**document, **REASON})
        assert answer.json()["code"] == code, answer.text
        assert answer.json().items() >= more.items(), answer.text
    for clerk_of in (StaffRole.AUDITOR, StaffRole.CUSTOMER_SERVICE):
        clerk = await Clerk.at_work(one.application, clerk_of)
        assert (await _hand_in(clerk, handed_in(small_view(), **REASON))).status_code == 403
        assert (await clerk.call("GET", f"/systems/{client_id}/views")).status_code == 200
    unknown = await one.call("POST", "/systems/bs-0000000000000000/views", handed_in(small_view(), **REASON))
    assert refusal(unknown) == (404, "not_found")

    path = f"/systems/{client_id}/view-previews"
    preview = (await one.call("POST", path, handed_in(small_view(), CONTENT, missing))).json()
    assert [sample["after"]["error"] for sample in preview["samples"]] == [None, "missing"]
    assert await _listed(other) == []


@pytest.mark.parametrize("twin", ["exarnple/order", "example/0rder", "example.order", "example/or-der"])
async def test_id_that_looks_like_a_registered_one_is_refused(one: Clerk, other: Clerk, twin: str) -> None:
    """A system could name either, and nobody would see which."""
    registered = small_view(view_id="example/order")
    await _registered(one, other, registered)
    refused = await _hand_in(one, handed_in(small_view(view_id=twin), **REASON))
    assert refusal(refused) == (422, "view_alike")
    assert refused.json()["like"] == "example/order"
    assert (await _hand_in(one, handed_in(small_view(view_id="example/order2"), **REASON))).status_code == 201


@pytest.mark.parametrize(
    ("one_id", "other_id"),
    [
        ("gd/1.1", "gd/1-1"),
        ("gd/1.1", "gd/l.l"),
        ("gd/1.0", "gd/1/o"),
        ("gd/v1.1", "gd-v1.1"),
        ("gd/v1.1", "g.d/vl.1"),
        ("gd/1.1", "gd/1.1/"),
        ("gd/1.1", "gd//1.1"),
        ("form/2", "forrn2"),
    ],
)
def test_ids_that_look_the_same_are_alike(one_id: str, other_id: str) -> None:
    assert skeleton_of_id(one_id) == skeleton_of_id(other_id)


@pytest.mark.parametrize(
    ("one_id", "other_id"),
    [("gd/1.1", "gd/11"), ("gd/v1.1", "gd/v11"), ("gd/1.10", "gd/11.0"), ("gd/2024-1", "gd/20241")],
)
def test_ids_of_different_versions_are_not_alike(one_id: str, other_id: str) -> None:
    assert skeleton_of_id(one_id) != skeleton_of_id(other_id)


async def test_one_of_two_waiting_ids_that_look_alike_is_registered(one: Clerk, other: Clerk) -> None:
    """Neither was registered when the other was submitted."""
    first, twin = [
        (await _hand_in(one, handed_in(small_view(view_id=view_id), **REASON))).json()
        for view_id in ("example/order", "example/0rder")
    ]
    assert (await other.decide(first)).status_code == 200
    assert refusal(await other.decide(twin)) == (409, "conflict")
    assert len(await _listed(one)) == 1


async def test_hidden_content_that_no_sample_has_cannot_be_submitted(one: Clerk, other: Clerk) -> None:
    """The second officer sees what samples lose: without such a sample, a view would hide unseen."""
    asked = await _hand_in(one, handed_in(small_view(ignore=("note", "penalty")), **REASON))
    assert refusal(asked) == (422, "view_unseen")
    assert asked.json()["paths"] == ["penalty"]
    for name in ("#comment", "penalty#comment"):  # in JSON a name like any other
        asked = await _hand_in(one, handed_in(small_view(ignore=("note", name)), **REASON))
        assert refusal(asked) == (422, "view_unseen")
    more = CONTENT[:-1] + b',"penalty":{"rate":"5 %"}}'
    assert (
        await _hand_in(one, handed_in(small_view(ignore=("note", "penalty")), CONTENT, more, **REASON))
    ).status_code == 201
    assert await _listed(other) == []


async def test_displayed_view_is_registered_exactly_or_not_at_all(one: Clerk, other: Clerk) -> None:
    """A changed file, or a new version meanwhile, is refused; files of a refused request are deleted."""
    db = one.application.context.db
    asked = (await _hand_in(one, handed_in(small_view(), **REASON))).json()
    await tamper(db, "UPDATE view_files SET content = $1 WHERE position = 1", b"{}")
    assert refusal(await other.call("GET", f"/approvals/{asked['id']}/view")) == (409, "conflict")
    assert refusal(await other.decide(asked)) == (409, "conflict")
    assert await _listed(one) == []
    assert (await other.decide(asked, "refuse")).status_code == 200
    await purge(db, now=one.application.clock())
    assert await store.files_of(db, approval_id=asked["id"]) == []
    assert refusal(await other.call("GET", f"/approvals/{asked['id']}/view")) == (404, "not_found")


async def test_race_of_two_approvers_has_one_winner(one: Clerk, other: Clerk) -> None:
    third = await Clerk.at_work(one.application, StaffRole.SECURITY_OFFICER)
    asked = (await _hand_in(one, handed_in(small_view(), **REASON))).json()
    answers = await asyncio.gather(other.decide(asked), third.decide(asked))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(await _listed(one)) == 1

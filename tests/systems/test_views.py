"""Views (展示规则): one officer hands one in with samples, another sees them drawn and approves; what the log says."""

import asyncio
import hashlib
import json
from typing import Any, Final

import httpx
import pytest

from mshield.domain.staff import StaffRole
from mshield.gm.sm3 import sm3
from mshield.pki.tlog.entry import ViewEntry
from mshield.services.log.read import prove_view
from mshield.services.log.sequence import sequence
from mshield.services.log.verify import verify_log
from mshield.services.operations.purge import purge
from mshield.services.systems.register import register_system
from mshield.store.database.interface import SealBroken
from mshield.store.systems import views as store
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
    """The question by which it was registered."""
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
    """Its second version is drawn beside the first; who asked can't approve; all of it stands in the acts."""
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
    assert [view["state"] for view in withdrawn.json()["items"]] == ["withdrawn", "in_force"]
    assert refusal(await other.call("POST", path, {"reason": "x"})) == (409, "conflict")
    assert [view.version for view in (await store.in_force(db, client_id=client_id)).rows] == [1]
    assert refusal(await _hand_in(one, handed_in(small_view(2), **REASON))) == (409, "view_version_wrong")
    acts = [act for act in await acts_on(db, subject=client_id) if act.act.startswith("view.")]
    assert [(act.act, act.actor_id) for act in acts] == [
        ("view.add", other.id),
        ("view.add", other.id),
        ("view.withdraw", one.id),
    ]
    assert acts[1].details["asked_by"] == one.id
    assert acts[2].details["reason"] == "漏了备注"


async def test_the_log_says_which_view_and_that_two_registered_it(one: Clerk, other: Clerk) -> None:
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


async def test_what_cant_be_handed_in(one: Clerk, other: Clerk) -> None:
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


async def test_what_was_shown_is_registered_or_nothing(one: Clerk, other: Clerk) -> None:
    """A file that isn't as it was handed in, and a version that came meanwhile; files of a refused one are dropped."""
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


async def test_race_of_two_who_approve(one: Clerk, other: Clerk) -> None:
    third = await Clerk.at_work(one.application, StaffRole.SECURITY_OFFICER)
    asked = (await _hand_in(one, handed_in(small_view(), **REASON))).json()
    answers = await asyncio.gather(other.decide(asked), third.decide(asked))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(await _listed(one)) == 1

"""Sensitive acts need the second factor again after five minutes, in the same session, each code once."""

import asyncio
import json
from typing import Any, Final

import httpx
import pytest

from mshield.server.accounts.number_searches import MOST_COMPARED
from mshield.server.http.console import ROUTERS
from mshield.server.http.console.authentication import PEOPLE
from mshield.server.http.console.sensitive import IN_PART, ORDINARY, PROGRAMS, READS, is_sensitive
from mshield.server.http.router import Route
from mshield.server.staff.rules import CONFIRM_MS, StaffRole
from tests.support.acts import acts_on
from tests.support.application import EXAMPLES, Application
from tests.support.assertions import refusal
from tests.support.cases import cases
from tests.support.console_people import API, PASSWORD, Clerk

_ROUTES: Final = {route.operation_id: route for router in ROUTERS for route in router.routes}
_SENSITIVE: Final = {
    "askPhoneChange",
    "addWebhook",
    "askApproval",
    "changeOwnPassword",
    "changePhone",
    "changeSystem",
    "checkPhoneCode",
    "decideApproval",
    "endAccountConsent",
    "endFiling",
    "exportFiling",
    "handInView",
    "importFiling",
    "makeFilingCode",
    "makeOwnToken",
    "offerFactor",
    "registerSystem",
    "sendPhoneCode",
    "removeFactor",
    "rotateOwnToken",
    "rotateSystemSecret",
    "rotateWebhookSecret",
    "supportApproval",
    "setSystemLogin",
    "setAccountState",
    "setSystemState",
    "withdrawView",
}
_STOPS: Final = {"setAccountState", "setSystemState"}
"""Operations that can restore rights, which is sensitive, or stop someone, which isn't and is allowed to programs."""
_SOME: Final = "01a20c23-c300-7092-a9c2-dd8514bfc6e4"
_BODIES: Final[dict[str, object]] = {
    "decideApproval": {"decision": "approve"},
    "setAccountState": {"state": "active", "reason": "x"},
    "setSystemState": {"state": "active", "reason": "x"},
    "makeOwnToken": {"name": "夜间导入", "roles": ["auditor"]},
}


@pytest.fixture
async def clerk(application: Application) -> Clerk:
    """A member with every role who has just logged in."""
    return await Clerk.at_work(application, *StaffRole)


def _path(route: Route) -> str:
    return (
        route.template.removeprefix(API)
        .replace("{name}", "purge")
        .replace("{client_id}", "bs-0000000000000000")
        .replace("{serial}", "1f")
        .replace("{endpoint_id}", _SOME)
        .replace("{token_id}", _SOME)
        .replace("{approval_id}", _SOME)
        .replace("{factor_id}", _SOME)
        .replace("{session_id}", _SOME)
        .replace("{person_id}", _SOME)
        .replace("{account_id}", _SOME)
        .replace("{act_id}", _SOME)
        .replace("{digest}", "0" * 64)
    )


async def _call(clerk: Clerk, route: Route, **headers: str) -> httpx.Response:
    if route.operation_id == "importFiling":
        content = (EXAMPLES / "filing.csv").read_bytes()
        own = {"Content-Type": "text/csv", "X-CSRF-Token": clerk.csrf or ""} | headers
        return await clerk.http.post(f"{API}/filing/imports", content=content, headers=own)
    body = None if route.method in {"GET", "DELETE"} else _BODIES.get(route.operation_id, {})
    return await clerk.call(route.method, _path(route), body, **headers)


def test_list_has_every_change_except_the_named_ones() -> None:
    assert {name for name, route in _ROUTES.items() if is_sensitive(route)} == _SENSITIVE
    assert _ROUTES.keys() >= ORDINARY | READS | IN_PART | PROGRAMS.keys()
    assert not ORDINARY & _SENSITIVE
    for name in _SENSITIVE - PROGRAMS.keys() - _STOPS:
        assert _ROUTES[name].security == PEOPLE, f"{name} is for people: the document must say so"


@cases("name", sorted(_SENSITIVE))
async def test_each_sensitive_act_needs_the_factor_after_five_minutes(
    application: Application, clerk: Clerk, name: str
) -> None:
    assert (await clerk.confirm()).status_code == 200
    application.clock.advance(seconds=CONFIRM_MS // 1000 - 1)
    before = await _call(clerk, _ROUTES[name])
    assert before.status_code != 401
    assert before.status_code != 403 or before.json()["code"] != "second_factor_needed"
    application.clock.advance(seconds=1)
    assert refusal(await _call(clerk, _ROUTES[name])) == (403, "second_factor_needed")
    assert (await clerk.confirm()).status_code == 200
    after = await _call(clerk, _ROUTES[name])
    assert after.status_code != 403 or after.json()["code"] != "second_factor_needed"


async def test_other_calls_need_no_second_factor(application: Application, clerk: Clerk) -> None:
    application.clock.advance(seconds=CONFIRM_MS // 1000)
    for name in sorted(_ROUTES.keys() - _SENSITIVE - {"endConsoleSession", "showConsole"}):
        answer = await _call(clerk, _ROUTES[name])
        assert b"second_factor_needed" not in answer.content, name
        assert (await clerk.call("GET", "/session")).status_code == 200, f"{name} ended the session"


async def test_program_token_needs_a_scope_for_sensitive_acts(application: Application, clerk: Clerk) -> None:
    plain = await clerk.call("POST", "/me/tokens", {"name": "x", "roles": [role.value for role in StaffRole]})
    assert plain.status_code == 201, plain.text
    bearer = {"Authorization": f"Bearer {plain.json()['token']}"}
    clerk.http.cookies.clear()
    for name in sorted(_SENSITIVE):
        answer = await _call(clerk, _ROUTES[name], **bearer)
        assert answer.status_code in {401, 403}, name
        if answer.status_code == 403:
            assert answer.json()["code"] == "forbidden", name
            assert answer.json()["reason"] == ("scope" if name in PROGRAMS else "person"), name


async def test_short_dry_run_and_refusal_need_no_second_factor(
    application: Application, clerk: Clerk
) -> None:
    other = await Clerk.at_work(application, StaffRole.SECURITY_OFFICER)
    question = {"act": "staff.add", "subject": "李想", "details": {"roles": ["auditor"]}, "reason": "x"}
    asked = (await clerk.call("POST", "/approvals", question)).json()
    application.clock.advance(seconds=CONFIRM_MS // 1000)
    own = {"Content-Type": "text/csv", "X-CSRF-Token": clerk.csrf or ""}
    content = b"\n".join((EXAMPLES / "filing.csv").read_bytes().splitlines()[: 1 + MOST_COMPARED])
    path = f"{API}/filing/imports?dry_run=true"
    assert (await clerk.http.post(path, content=content, headers=own)).status_code == 200
    path = f"/approvals/{asked['id']}/decision"
    assert refusal(await other.call("POST", path, {"decision": "approve"})) == (403, "second_factor_needed")
    assert (await other.decide(asked, "refuse")).status_code == 200


@pytest.mark.parametrize("name", sorted(_STOPS))
async def test_stopping_needs_no_second_factor(application: Application, clerk: Clerk, name: str) -> None:
    """Restoring does need it: a stolen cookie or a program's token must not re-enable an impostor's account."""
    application.clock.advance(seconds=CONFIRM_MS // 1000)
    stop = await clerk.call("POST", _path(_ROUTES[name]), {"state": "disabled", "reason": "x"})
    assert refusal(stop) == (404, "not_found")
    give_back = await clerk.call("POST", _path(_ROUTES[name]), {"state": "active", "reason": "x"})
    assert refusal(give_back) == (403, "second_factor_needed")


async def test_confirmation_lasts_exactly_five_minutes(application: Application, clerk: Clerk) -> None:
    application.clock.advance(seconds=CONFIRM_MS // 1000)
    assert (await clerk.confirm()).status_code == 200
    application.clock.advance(seconds=CONFIRM_MS // 1000 - 1)
    assert (await clerk.call("GET", "/filing/export?format=csv")).status_code == 200
    application.clock.advance(seconds=1)
    assert refusal(await clerk.call("GET", "/filing/export?format=csv")) == (403, "second_factor_needed")


async def test_second_factor_is_valid_only_in_its_session(application: Application, clerk: Clerk) -> None:
    """Nor if the other session uses the id of the first one's challenge."""
    first = (dict(clerk.http.cookies), clerk.csrf)
    await clerk.log_in()
    second = (dict(clerk.http.cookies), clerk.csrf)
    application.clock.advance(seconds=CONFIRM_MS // 1000)
    asked = (await clerk.call("POST", "/session/factor-requests")).json()["id"]

    def become(session: tuple[dict[str, str], str | None]) -> None:
        clerk.http.cookies.clear()
        clerk.http.cookies.update(session[0])
        clerk.csrf = session[1]

    become(first)
    stolen = await clerk.call("POST", "/session/factor", {"id": asked, "code": clerk.next_code()})
    assert refusal(stolen) == (400, "staff_login_over")
    become(second)
    done = await clerk.call("POST", "/session/factor", {"id": asked, "code": clerk.code()})
    assert done.status_code == 200, done.text
    assert (await clerk.call("GET", "/filing/export?format=csv")).status_code == 200
    become(first)
    assert refusal(await clerk.call("GET", "/filing/export?format=csv")) == (403, "second_factor_needed")


async def test_code_is_valid_once_for_login_and_confirmation(application: Application, clerk: Clerk) -> None:
    await clerk.log_in()
    used = clerk.code()
    for _ in range(2):
        asked = (await clerk.call("POST", "/session/factor-requests")).json()["id"]
        again = await clerk.call("POST", "/session/factor", {"id": asked, "code": used})
        assert refusal(again) == (400, "second_factor_wrong")
    shown = await clerk.confirm()
    assert shown.json() == {"until": application.clock() + CONFIRM_MS}
    assert (await clerk.begin()).status_code == 201
    assert refusal(await clerk.finish(clerk.code())) == (400, "second_factor_wrong")
    (act,) = [
        each
        for each in await acts_on(application.context.db, subject=clerk.id)
        if each.act == "staff.confirm"
    ]
    assert (act.actor_id, act.details) == (clerk.id, {"factor": "totp"})


async def test_race_with_one_code_succeeds_once(clerk: Clerk) -> None:
    asked = [(await clerk.call("POST", "/session/factor-requests")).json()["id"] for _ in range(5)]
    code = clerk.next_code()
    done = await asyncio.gather(
        *(clerk.call("POST", "/session/factor", {"id": each, "code": code}) for each in asked)
    )
    assert sum(each.status_code == 200 for each in done) == 1


async def test_attempts_share_the_throttle_of_logins(clerk: Clerk) -> None:
    answers = []
    for _ in range(8):
        asked = (await clerk.call("POST", "/session/factor-requests")).json()["id"]
        answers.append(await clerk.call("POST", "/session/factor", {"id": asked, "code": "000000"}))
    assert refusal(answers[-1]) == (429, "login_slowed")
    assert (await clerk.begin()).status_code == 201
    assert refusal(await clerk.finish(clerk.next_code())) == (429, "login_slowed")


async def test_an_ended_session_confirms_nothing(clerk: Clerk) -> None:
    asked = (await clerk.call("POST", "/session/factor-requests")).json()["id"]
    assert (await clerk.call("DELETE", "/session")).status_code == 204
    late = await clerk.call("POST", "/session/factor", {"id": asked, "code": clerk.next_code()})
    assert refusal(late) == (401, "unauthenticated")


async def test_refused_call_succeeds_when_repeated(application: Application, clerk: Clerk) -> None:
    """The idempotency key is the same, since nothing was done yet."""
    application.clock.advance(seconds=CONFIRM_MS // 1000)
    document = {"name": "掌上海关", "domain": "palm.example"}
    key = {"Idempotency-Key": "one"}
    refused = await clerk.call("POST", "/systems", document, **key)
    assert refusal(refused) == (403, "second_factor_needed")
    assert (await clerk.confirm()).status_code == 200
    made: Any = await clerk.call("POST", "/systems", document, **key)
    assert made.status_code == 201, json.dumps(made.json())


async def test_token_cannot_make_a_token(application: Application, clerk: Clerk) -> None:
    bearer = {"Authorization": f"Bearer {await clerk.token()}"}
    clerk.http.cookies.clear()
    document = {"name": "x", "roles": ["auditor"]}
    assert (await clerk.call("POST", "/me/tokens", document, **bearer)).status_code == 401
    assert PASSWORD not in str(bearer)

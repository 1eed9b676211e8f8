"""The console's login: who gets in and for how long; no other page, session, code or guess does."""

import asyncio
import re
from dataclasses import replace

import httpx
import pytest

from mshield.server.acts.actor import SERVICE
from mshield.server.staff.members import disable_staff
from mshield.server.staff.rules import StaffRole
from mshield.server.staff.set_up import renew_set_up
from tests.support.acts import acts_on
from tests.support.application import ORIGIN, Application
from tests.support.assertions import refusal
from tests.support.conformance import Conforming
from tests.support.console_people import API, PASSWORD, Clerk
from tests.support.signing import fetch


@pytest.fixture
async def clerk(application: Application) -> Clerk:
    """A member of staff, set up and logged in."""
    return await Clerk.at_work(application, StaffRole.FILING_OFFICER)


async def _reason(clerk: Clerk) -> str | None:
    """Returns the reason for the end of the session, as the next call gives it."""
    answer = await clerk.call("GET", "/session")
    assert refusal(answer) == (401, "unauthenticated")
    reason: str | None = answer.json().get("reason")
    return reason


async def test_first_access_sets_up_password_and_factor_and_opens_a_session(application: Application) -> None:
    clerk = await Clerk.added(application, StaffRole.AUDITOR, StaffRole.SECURITY_OFFICER)
    assert refusal(await clerk.call("GET", "/session")) == (401, "unauthenticated")
    answer = await clerk.set_up()
    assert clerk.begun["roles"] == ["security_officer", "auditor"]
    assert clerk.begun["offer"]["totp"]["picture"].startswith("data:image/svg+xml")
    assert f"secret={clerk.secret}" in clerk.begun["offer"]["totp"]["address"]
    cookie = answer.headers["set-cookie"]
    assert re.fullmatch(
        r"mshield-console=[\w-]{43}; HttpOnly; Max-Age=28800; Path=/; SameSite=strict", cookie
    )
    assert answer.headers["cache-control"] == "no-store"
    shown = (await clerk.call("GET", "/session")).json()
    assert shown == answer.json()
    assert (shown["id"], shown["name"]) == (clerk.id, clerk.name)
    assert shown["csrf_token"] not in cookie
    done = [act.act for act in await acts_on(application.context.db, subject=clerk.id)]
    assert done == ["staff.add", "staff.reset", "staff.set_up", "staff.log_in"]


async def test_the_cookie_is_secure_under_https(application: Application, clerk: Clerk) -> None:
    context = application.context
    settings = context.settings.changed(public_origin="https://shield.example")
    application.app.state.context = replace(context, settings=settings)
    answer = await clerk.log_in()
    assert answer.headers["set-cookie"].startswith("__Host-mshield-console=")
    assert "; Secure" in answer.headers["set-cookie"]


async def test_a_set_up_address_works_once(application: Application, clerk: Clerk) -> None:
    begun = await clerk.http.post(f"{API}/set-ups", json={"code": clerk.set_up_code})
    assert refusal(begun) == (410, "set_up_over")
    for code in ("x" * 43, clerk.set_up_code[:-1]):
        assert (await clerk.http.post(f"{API}/set-ups", json={"code": code})).status_code == 410


async def test_concurrent_set_ups_by_one_address_succeed_once(application: Application) -> None:
    clerk = await Clerk.added(application, StaffRole.AUDITOR)
    done = await asyncio.gather(*(clerk.set_up() for _ in range(4)), return_exceptions=True)
    codes = [each.status_code for each in done if isinstance(each, httpx.Response)]
    # Later callers found the address used, or offered a second factor from an ended offer.
    assert codes.count(201) == 1
    held = await fetch(application.context.db, "SELECT COUNT(*) AS n FROM staff_factors")
    assert held["n"] == 1


async def test_set_up_address_ends_after_a_day_or_with_the_next(application: Application) -> None:
    clerk = await Clerk.added(application, StaffRole.AUDITOR)
    db, clock = application.context.db, application.clock
    _, newer = await renew_set_up(db, staff_id=clerk.id, by=SERVICE, life=86_400, now=clock())
    assert (await clerk.http.post(f"{API}/set-ups", json={"code": clerk.set_up_code})).status_code == 410
    assert (await clerk.http.post(f"{API}/set-ups", json={"code": newer})).status_code == 200
    clock.advance(seconds=86_400)
    assert (await clerk.http.post(f"{API}/set-ups", json={"code": newer})).status_code == 410


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"password": "short-1"}, 422, "weak_password"),
        ({"password": "My员工 0pass-word"}, 422, "weak_password"),
        ({"totp_code": "000000"}, 400, "second_factor_wrong"),
        ({"enrolment": "x" * 43}, 400, "staff_login_over"),
        ({"code": "x" * 43}, 410, "set_up_over"),
    ],
)
async def test_refused_set_up_consumes_nothing(
    application: Application, changes: dict[str, str], status: int, code: str
) -> None:
    clerk = await Clerk.added(application, StaffRole.AUDITOR)
    assert clerk.name == "员工 0"
    assert refusal(await clerk.set_up(**changes)) == (status, code)
    assert (await clerk.set_up()).status_code == 201


async def test_factor_offered_to_another_member_is_refused(application: Application) -> None:
    one = await Clerk.added(application, StaffRole.AUDITOR)
    other = await Clerk.added(application, StaffRole.AUDITOR)
    offered = (await other.http.post(f"{API}/set-ups", json={"code": other.set_up_code})).json()
    answer = await one.set_up(enrolment=offered["offer"]["enrolment"])
    assert refusal(answer) == (400, "staff_login_over")


async def test_a_new_address_voids_password_factor_and_sessions(
    application: Application, clerk: Clerk
) -> None:
    db, clock = application.context.db, application.clock
    clock.advance(seconds=5)
    _, code = await renew_set_up(db, staff_id=clerk.id, by=SERVICE, life=86_400, now=clock())
    assert await _reason(clerk) == "reset"
    assert refusal(await clerk.begin()) == (401, "staff_login_failed")
    clerk.set_up_code = code
    assert (await clerk.set_up()).status_code == 201
    assert (await fetch(db, "SELECT COUNT(*) AS n FROM staff_factors"))["n"] == 1


async def test_login_by_password_and_code(application: Application, clerk: Clerk) -> None:
    old = clerk.http.cookies["mshield-console"]
    begun = (await clerk.begin()).json()
    assert begun["factors"] == ["totp"]
    answer = await clerk.finish(clerk.next_code())
    assert answer.json()["roles"] == ["filing_officer"]
    assert clerk.http.cookies["mshield-console"] != old
    answer = await clerk.call("DELETE", "/session")
    assert (answer.status_code, clerk.http.cookies.get("mshield-console")) == (204, None)
    assert (await clerk.call("GET", "/session")).status_code == 401


async def test_wrong_name_and_wrong_password_get_the_same_answer(
    application: Application, clerk: Clerk
) -> None:
    fresh = await Clerk.added(application, StaffRole.AUDITOR)
    wrong = [
        await clerk.begin("Wrong-password-1"),
        await clerk.begin(name="没有这个人"),
        await fresh.begin(),
    ]
    told = [{key: value for key, value in each.json().items() if key != "request_id"} for each in wrong]
    assert told[0] == told[1] == told[2]
    assert told[0]["code"] == "staff_login_failed"


async def test_session_ends_after_its_maximum_and_when_idle(application: Application, clerk: Clerk) -> None:
    for _ in range(3):
        application.clock.advance(seconds=14 * 60)
        assert (await clerk.call("GET", "/session")).status_code == 200
    application.clock.advance(seconds=15 * 60)
    assert await _reason(clerk) is None
    await clerk.log_in()
    for _ in range(34):
        application.clock.advance(seconds=14 * 60)
        assert (await clerk.call("GET", "/session")).status_code == 200
    application.clock.advance(seconds=5 * 60)
    assert (await clerk.call("GET", "/session")).status_code == 401


async def test_disabled_member_loses_access_at_once(application: Application, clerk: Clerk) -> None:
    assert (await clerk.begin()).status_code == 201
    await disable_staff(application.context.db, staff_id=clerk.id, now=application.clock())
    assert await _reason(clerk) == "disabled"
    assert refusal(await clerk.finish(clerk.next_code())) == (400, "staff_login_over")
    assert refusal(await clerk.begin()) == (401, "staff_login_failed")


async def test_new_password_ends_other_sessions_and_says_so(application: Application, clerk: Clerk) -> None:
    browser = httpx.AsyncClient(
        transport=Conforming(application.app), base_url=ORIGIN, cookies=clerk.http.cookies
    )
    elsewhere = replace(clerk, http=browser)
    assert (await elsewhere.call("GET", "/session")).status_code == 200
    await clerk.log_in()
    changed = await clerk.call(
        "POST", "/me/password", {"password": PASSWORD, "new_password": "Another-desk-2026"}
    )
    assert changed.json() == {"sessions_ended": 1}
    assert await _reason(elsewhere) == "password_changed"
    assert (await clerk.call("GET", "/session")).status_code == 200


async def test_session_has_its_members_roles(application: Application, clerk: Clerk) -> None:
    assert (await clerk.call("GET", "/filing/people")).status_code == 200
    assert refusal(await clerk.call("GET", "/acts")) == (403, "forbidden")
    (first, *_) = (await clerk.call("GET", "/filing/people")).json()["items"]
    ended = await clerk.call("POST", f"/filing/people/{first['id']}/end", {"reason": "已离职"})
    assert ended.status_code == 200
    (act,) = await acts_on(application.context.db, subject=first["id"])
    assert (act.actor, act.actor_id) == ("staff", clerk.id)


async def test_csrf_a_change_needs_the_sessions_header(application: Application, clerk: Clerk) -> None:
    other = await Clerk.at_work(application, StaffRole.FILING_OFFICER)
    (first, *_) = (await clerk.call("GET", "/filing/people")).json()["items"]
    path = f"/filing/people/{first['id']}/end"
    for token in (None, "", "x", other.csrf):
        clerk.csrf = token
        answer = await clerk.call("POST", path, {"reason": "已离职"})
        assert (refusal(answer), answer.json()["reason"]) == ((403, "forbidden"), "csrf")
        assert (await clerk.call("DELETE", "/session")).status_code == 403
    assert not await acts_on(application.context.db, subject=first["id"])


async def test_csrf_form_of_another_site_cannot_log_in(clerk: Clerk) -> None:
    document = f'{{"name": "{clerk.name}", "password": "{PASSWORD}"}}'
    for media_type in ("text/plain", "application/x-www-form-urlencoded"):
        headers = {"Content-Type": media_type}
        answer = await clerk.http.post(f"{API}/logins", content=document.encode(), headers=headers)
        assert refusal(answer) == (400, "malformed")


async def test_fixation_login_replaces_a_planted_session(application: Application, clerk: Clerk) -> None:
    attacker = await Clerk.at_work(application, StaffRole.FILING_OFFICER)
    planted = attacker.http.cookies["mshield-console"]
    clerk.http.cookies.clear()
    clerk.http.cookies.set("mshield-console", planted)
    answer = await clerk.log_in()
    assert planted not in answer.headers["set-cookie"]
    assert (await attacker.call("GET", "/session")).json()["id"] == attacker.id


async def test_replay_code_is_valid_once_even_in_parallel(application: Application, clerk: Clerk) -> None:
    code = clerk.next_code()
    begun = [(await clerk.begin()).json()["login_id"] for _ in range(4)]
    done = await asyncio.gather(
        *(clerk.http.post(f"{API}/sessions", json={"login_id": each, "code": code}) for each in begun)
    )
    assert sorted(each.status_code for each in done) == [201, 400, 400, 400]
    await clerk.begin()
    assert refusal(await clerk.finish(code)) == (400, "second_factor_wrong")
    assert refusal(await clerk.finish(clerk.code(steps=-1))) == (400, "second_factor_wrong")


async def test_replay_code_of_the_set_up_is_refused_at_login(clerk: Clerk) -> None:
    await clerk.begin()
    assert refusal(await clerk.finish(clerk.code())) == (400, "second_factor_wrong")
    assert (await clerk.finish(clerk.code(steps=1))).status_code == 201


async def test_replay_first_step_of_a_login_is_valid_once_and_expires(
    application: Application, clerk: Clerk
) -> None:
    await clerk.begin()
    assert (await clerk.finish(clerk.next_code())).status_code == 201
    assert refusal(await clerk.finish(clerk.next_code())) == (400, "staff_login_over")
    await clerk.begin()
    application.clock.advance(seconds=300)
    assert refusal(await clerk.finish(clerk.next_code())) == (400, "staff_login_over")
    clerk.begun = {"login_id": "x" * 43}
    assert refusal(await clerk.finish(clerk.next_code())) == (400, "staff_login_over")


async def test_codes_two_time_steps_away_are_refused(clerk: Clerk) -> None:
    clerk.application.clock.advance(seconds=300)
    await clerk.begin()
    for steps in (-2, 2):
        assert refusal(await clerk.finish(clerk.code(steps=steps))) == (400, "second_factor_wrong")
    for junk in ("12345", "abcdef", "１２３４５６", "1234567"):
        assert refusal(await clerk.finish(junk)) == (400, "second_factor_wrong")
        clerk.application.clock.advance(seconds=3600)
        await clerk.begin()


async def test_brute_force_on_the_password_is_throttled_and_told_so(clerk: Clerk) -> None:
    for _ in range(5):
        assert refusal(await clerk.begin("Wrong-password-1")) == (401, "staff_login_failed")
    slowed = await clerk.begin()
    assert refusal(slowed) == (429, "login_slowed")
    assert int(slowed.headers["retry-after"]) == slowed.json()["retry_after"] <= 60
    clerk.application.clock.advance(seconds=60)
    assert (await clerk.begin()).status_code == 201


async def test_brute_force_on_the_code_is_throttled_across_logins(clerk: Clerk) -> None:
    seen = []
    for _ in range(8):
        answer = await clerk.begin()
        assert answer.status_code == 201
        seen.append((await clerk.finish("000000")).status_code)
    assert seen == [400] * 5 + [429] * 3
    clerk.application.clock.advance(seconds=61)
    await clerk.begin()
    assert (await clerk.finish(clerk.next_code())).status_code == 201


async def test_a_token_and_a_session_are_two_things(application: Application, clerk: Clerk) -> None:
    """A program's token can't make a page's own call, and a wrong header isn't ignored in favour of a cookie."""
    program = {"Authorization": f"Bearer {await clerk.token()}"}
    assert (await clerk.call("GET", "/filing/people", **program)).status_code == 200
    clerk.http.cookies.clear()
    assert refusal(await clerk.call("GET", "/session", **program)) == (401, "unauthenticated")
    await clerk.log_in()
    wrong = {"Authorization": f"Bearer {clerk.http.cookies['mshield-console']}"}
    assert refusal(await clerk.call("GET", "/filing/people", **wrong)) == (401, "wrong_staff_token")

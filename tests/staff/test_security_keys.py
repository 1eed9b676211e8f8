"""Security keys and one's own login: what is added, removed and accepted; copies, replays, strangers' keys."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from mshield.server.staff.rules import StaffRole
from tests.support.acts import acts_on
from tests.support.application import ORIGIN, Application
from tests.support.assertions import refusal
from tests.support.console_people import API, PASSWORD, Clerk
from tests.support.signing import fetch
from tests.support.soft_security_key import SoftKey


@pytest.fixture
async def clerk(application: Application) -> Clerk:
    """A member with a TOTP, logged in."""
    return await Clerk.at_work(application, StaffRole.AUDITOR)


async def _offer(clerk: Clerk) -> dict[str, Any]:
    answer = await clerk.call("POST", "/me/factors/offers", {"password": PASSWORD})
    assert answer.status_code == 201, answer.text
    offer: dict[str, Any] = answer.json()
    return offer


async def _add(clerk: Clerk, key: SoftKey, **changes: Any) -> httpx.Response:
    offer = await _offer(clerk)
    document = {
        "enrolment": offer["enrolment"],
        "label": "办公室的密钥",
        "registration": key.register(offer["key"]["challenge"], **changes),
    }
    return await clerk.call("POST", "/me/factors", document)


async def _log_in(clerk: Clerk, key: SoftKey, **changes: Any) -> httpx.Response:
    begun = (await clerk.begin()).json()
    document = {"login_id": begun["login_id"], "assertion": key.sign(begun["key"]["challenge"], **changes)}
    return await clerk.http.post(f"{API}/sessions", json=document)


@pytest.fixture
async def key(clerk: Clerk) -> SoftKey:
    """A security key of the member."""
    made = SoftKey()
    assert (await _add(clerk, made)).status_code == 201
    return made


async def test_a_key_is_added_and_logs_in(application: Application, clerk: Clerk, key: SoftKey) -> None:
    shown = (await clerk.call("GET", "/me/login")).json()["factors"]
    assert [(each["kind"], each["label"], each["used_at"]) for each in shown] == [
        ("totp", "", None),
        ("webauthn", "办公室的密钥", None),
    ]
    begun = (await clerk.begin()).json()
    assert begun["factors"] == ["totp", "webauthn"]
    assert begun["key"]["rp_id"] == "shield.example"
    answer = await _log_in(clerk, key)
    assert answer.status_code == 201
    done = [act.act for act in await acts_on(application.context.db, subject=clerk.id)]
    assert done[-2:] == ["staff.factor_add", "staff.log_in"]
    assert (await clerk.begin()).status_code == 201
    assert (await clerk.finish(clerk.next_code())).status_code == 201


async def test_first_access_with_a_key_alone(application: Application) -> None:
    clerk, key = await Clerk.added(application, StaffRole.AUDITOR), SoftKey()
    offer = (await clerk.http.post(f"{API}/set-ups", json={"code": clerk.set_up_code})).json()["offer"]
    factor = {"enrolment": offer["enrolment"], "registration": key.register(offer["key"]["challenge"])}
    document = {"code": clerk.set_up_code, "password": PASSWORD, "factor": factor}
    assert (await clerk.http.post(f"{API}/set-ups/completions", json=document)).status_code == 201
    assert (await clerk.begin()).json()["factors"] == ["webauthn"]
    assert refusal(await clerk.finish("123456")) == (400, "second_factor_wrong")
    assert (await _log_in(clerk, key)).status_code == 201


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://sub.shield.example"},
        {"origin": "https://shield.example"},
        {"host": "evil.example"},
        {"verifies": False},
        {"cross_origin": True},
    ],
    ids=str,
)
async def test_key_of_another_site_or_without_user_verification_is_refused(
    clerk: Clerk, key: SoftKey, wrong: dict[str, Any]
) -> None:
    assert refusal(await _add(clerk, replace(SoftKey(), **wrong))) == (400, "security_key_refused")
    assert refusal(await _log_in(clerk, replace(key, **wrong))) == (400, "security_key_refused")


async def test_another_challenge_type_or_signature_is_refused(clerk: Clerk, key: SoftKey) -> None:
    for changes in ({"challenge": "x" * 43}, {"type": "webauthn.create"}):
        assert refusal(await _log_in(clerk, key, **changes)) == (400, "security_key_refused")
    assert refusal(await _add(clerk, SoftKey(), type="webauthn.get")) == (400, "security_key_refused")
    stranger = replace(SoftKey(), id=key.id)
    assert refusal(await _log_in(clerk, stranger)) == (400, "security_key_refused")


async def test_malformed_browser_data_are_refused(clerk: Clerk, key: SoftKey) -> None:
    begun = (await clerk.begin()).json()
    good = key.sign(begun["key"]["challenge"])
    for name in ("client_data", "authenticator_data", "signature"):
        for junk in ("AAAA", "e30", "W10", "gICA" * 40):
            document = {"login_id": begun["login_id"], "assertion": good | {name: junk}}
            answer = await clerk.http.post(f"{API}/sessions", json=document)
            assert answer.status_code in {400, 429}, answer.text
        clerk.application.clock.advance(seconds=7200)
        begun = (await clerk.begin()).json()
        good = key.sign(begun["key"]["challenge"])
    await clerk.log_in()
    offer = await _offer(clerk)
    for junk in ("AAAA", "oA", "gICA" * 40):
        registration = key.register(offer["key"]["challenge"]) | {"attestation": junk}
        document = {"enrolment": offer["enrolment"], "label": "", "registration": registration}
        assert refusal(await clerk.call("POST", "/me/factors", document)) == (400, "security_key_refused")


async def test_decreasing_counter_is_refused_and_shown_to_auditors(
    application: Application, clerk: Clerk, key: SoftKey
) -> None:
    key.count = 7
    assert (await _log_in(clerk, key)).status_code == 201
    copy = replace(key, count=7)
    assert refusal(await _log_in(clerk, copy)) == (400, "security_key_refused")
    copy.count = 3
    assert refusal(await _log_in(clerk, copy)) == (400, "security_key_refused")
    found = await acts_on(application.context.db, subject=clerk.id)
    assert [act.act for act in found].count("staff.key_counter") == 2
    assert (await _log_in(clerk, key)).status_code == 201


async def test_a_passkey_without_a_counter_stays_at_zero(clerk: Clerk) -> None:
    key = SoftKey(count=0)
    assert (await _add(clerk, key)).status_code == 201
    for _ in range(2):
        key.count = 0
        assert (await _log_in(clerk, key)).status_code == 201


async def test_replay_assertion_is_valid_once_even_in_parallel(clerk: Clerk) -> None:
    key = SoftKey(count=0)
    assert (await _add(clerk, key)).status_code == 201
    key.count = 0
    begun = (await clerk.begin()).json()
    document = {"login_id": begun["login_id"], "assertion": key.sign(begun["key"]["challenge"])}
    done = await asyncio.gather(*(clerk.http.post(f"{API}/sessions", json=document) for _ in range(4)))
    assert sorted(each.status_code for each in done) == [201, 400, 400, 400]


async def test_a_key_belongs_to_one_member(application: Application, clerk: Clerk, key: SoftKey) -> None:
    other = await Clerk.at_work(application, StaffRole.AUDITOR)
    assert refusal(await _add(other, key)) == (400, "security_key_refused")
    own = SoftKey()
    assert (await _add(other, own)).status_code == 201
    assert refusal(await _log_in(other, key)) == (400, "security_key_refused")
    offer = await _offer(clerk)
    document = {"enrolment": offer["enrolment"], "label": "", "totp_code": "123456"}
    assert refusal(await other.call("POST", "/me/factors", document)) == (400, "staff_login_over")


async def test_offered_challenge_is_valid_once(clerk: Clerk) -> None:
    offer = await _offer(clerk)
    challenge = offer["key"]["challenge"]
    for key, status in ((SoftKey(), 201), (SoftKey(), 400)):
        document = {"enrolment": offer["enrolment"], "label": "", "registration": key.register(challenge)}
        assert (await clerk.call("POST", "/me/factors", document)).status_code == status
    both = {
        "enrolment": offer["enrolment"],
        "totp_code": "123456",
        "registration": SoftKey().register(challenge),
    }
    assert refusal(await clerk.call("POST", "/me/factors", both)) == (422, "invalid_request")


async def test_last_factor_stays_after_concurrent_removals(clerk: Clerk, key: SoftKey) -> None:
    held = [each["id"] for each in (await clerk.call("GET", "/me/login")).json()["factors"]]
    done = await asyncio.gather(
        *(clerk.call("POST", f"/me/factors/{each}/removal", {"password": PASSWORD}) for each in held)
    )
    assert sorted(each.status_code for each in done) == [204, 409]
    (left,) = (await clerk.call("GET", "/me/login")).json()["factors"]
    last = await clerk.call("POST", f"/me/factors/{left['id']}/removal", {"password": PASSWORD})
    assert refusal(last) == (409, "last_factor")


async def test_changes_to_ones_login_need_the_password_and_are_throttled(clerk: Clerk) -> None:
    (factor,) = (await clerk.call("GET", "/me/login")).json()["factors"]
    calls = (
        ("/me/factors/offers", {"password": "Wrong-password-1"}),
        (f"/me/factors/{factor['id']}/removal", {"password": "Wrong-password-1"}),
        ("/me/password", {"password": "Wrong-password-1", "new_password": "Another-desk-2027"}),
    )
    for path, document in calls:
        assert refusal(await clerk.call("POST", path, document)) == (403, "wrong_own_password")
    seen = [(await clerk.call("POST", *calls[0])).status_code for _ in range(4)]
    assert seen == [403, 403, 429, 429]
    clerk.csrf = None
    clerk.application.clock.advance(seconds=61)
    for path, _ in calls:
        assert refusal(await clerk.call("POST", path, {"password": PASSWORD})) == (403, "forbidden")


async def test_a_new_password_ends_the_other_sessions(application: Application, clerk: Clerk) -> None:
    http = httpx.AsyncClient(transport=clerk.http._transport, base_url=ORIGIN)
    elsewhere = replace(clerk, http=http)
    await elsewhere.log_in()
    listed = (await clerk.call("GET", "/me/login")).json()["sessions"]
    assert [each["is_this"] for each in listed] == [False, True]
    document = {"password": PASSWORD, "new_password": "Another-desk-2027"}
    done = await clerk.call("POST", "/me/password", document)
    assert done.json() == {"sessions_ended": 1}
    assert (await elsewhere.call("GET", "/session")).status_code == 401
    assert (await clerk.call("GET", "/session")).status_code == 200
    assert refusal(await clerk.begin()) == (401, "staff_login_failed")
    assert (await clerk.begin("Another-desk-2027")).status_code == 201
    weak = {"password": "Another-desk-2027", "new_password": "password"}
    assert refusal(await clerk.call("POST", "/me/password", weak)) == (422, "weak_password")


async def test_member_can_end_only_own_sessions(application: Application, clerk: Clerk) -> None:
    other = await Clerk.at_work(application, StaffRole.AUDITOR)
    (theirs,) = (await other.call("GET", "/me/login")).json()["sessions"]
    assert refusal(await clerk.call("DELETE", f"/me/sessions/{theirs['id']}")) == (404, "not_found")
    (own,) = (await clerk.call("GET", "/me/login")).json()["sessions"]
    assert own["address"] == "127.0.0.1"
    assert (await clerk.call("DELETE", f"/me/sessions/{own['id']}")).status_code == 204
    assert (await clerk.call("GET", "/session")).status_code == 401
    assert (await other.call("GET", "/session")).status_code == 200
    left = await fetch(
        application.context.db, "SELECT COUNT(*) AS n FROM staff_sessions WHERE ended_at IS NULL"
    )
    assert left["n"] == 1

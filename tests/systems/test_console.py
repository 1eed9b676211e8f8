"""Business systems at the console: registered, changed, new secrets with an overlap, disabled; roles."""

from typing import Any, Final

import httpx
import pytest

from mshield.server.staff.rules import StaffRole
from tests.support.acts import acts_on
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.cases import cases
from tests.support.clerk import Staff, allowed_roles

NEW: Final = {
    "name": "掌上海关",
    "domain": "Palm.example",
    "return_urls": ["palmcustoms://signed", "https://palm.example/back"],
}
HOUR: Final = 3600
OFFICER: Final = {StaffRole.SECURITY_OFFICER}
READERS: Final = {StaffRole.SECURITY_OFFICER, StaffRole.AUDITOR, StaffRole.CUSTOMER_SERVICE}


@pytest.fixture
async def officer(application: Application) -> Staff:
    return await Staff.of(application, StaffRole.SECURITY_OFFICER)


@pytest.fixture
async def made(officer: Staff) -> dict[str, Any]:
    answer = await officer.call("POST", "/systems", NEW)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _asks(officer: Staff, client_id: str, secret: str) -> int:
    """Returns the status of the business system's own call, six seconds later, when changes are in effect."""
    officer.application.clock.advance(seconds=6)
    answer = await officer.application.http.post(
        "/api/business/requests", json={"kind": "login"}, auth=httpx.BasicAuth(client_id, secret)
    )
    return answer.status_code


async def test_registered_system_uses_the_secret_shown_once(officer: Staff, made: dict[str, Any]) -> None:
    system = made["system"]
    assert (system["name"], system["domain"], system["state"]) == ("掌上海关", "palm.example", "active")
    assert await _asks(officer, system["client_id"], made["client_secret"]) == 201
    listed = (await officer.call("GET", "/systems")).text
    assert system["client_id"] in listed
    assert made["client_secret"] not in listed
    (act,) = await acts_on(officer.application.context.db, subject=system["client_id"])
    assert (act.act, act.actor_id) == ("system.add", officer.id)
    assert made["client_secret"] not in str(act.details)


async def test_a_repeat_with_the_same_key_registers_once(officer: Staff) -> None:
    first = await officer.call("POST", "/systems", NEW, key="one")
    again = await officer.call("POST", "/systems", NEW, key="one")
    assert first.status_code == 201
    assert_refused(again, "answer_shown_once", 409)
    listed = (await officer.call("GET", "/systems")).json()["items"]
    assert [each["name"] for each in listed].count("掌上海关") == 1


async def test_old_secret_is_valid_only_for_the_overlap(officer: Staff, made: dict[str, Any]) -> None:
    client_id, old = made["system"]["client_id"], made["client_secret"]
    rotated = (await officer.call("POST", f"/systems/{client_id}/secret", {"overlap_hours": 24})).json()
    new = rotated["client_secret"]
    assert rotated["system"]["previous_until"] == officer.application.clock() + 24 * HOUR * 1000
    assert [await _asks(officer, client_id, each) for each in (old, new)] == [201, 201]
    again = await officer.call("POST", f"/systems/{client_id}/secret", {"overlap_hours": 24})
    assert_refused(again, "secret_before_counts")
    assert [await _asks(officer, client_id, each) for each in (old, new)] == [201, 201]
    officer.application.clock.advance(seconds=24 * HOUR)
    assert [await _asks(officer, client_id, each) for each in (old, new)] == [401, 201]
    assert (await officer.call("GET", f"/systems/{client_id}")).json()["previous_until"] is None


@pytest.mark.parametrize("how", ["no overlap", "ended later"])
async def test_the_old_secret_is_ended_at_once(officer: Staff, made: dict[str, Any], how: str) -> None:
    client_id, old = made["system"]["client_id"], made["client_secret"]
    hours = 0 if how == "no overlap" else 24
    new = (await officer.call("POST", f"/systems/{client_id}/secret", {"overlap_hours": hours})).json()
    if hours:
        ended = await officer.call("DELETE", f"/systems/{client_id}/previous-secret")
        assert ended.json()["previous_until"] is None
    assert [await _asks(officer, client_id, each) for each in (old, new["client_secret"])] == [401, 201]
    again = await officer.call("DELETE", f"/systems/{client_id}/previous-secret")
    assert_refused(again, "not_found", 404)


async def test_a_forced_change_ends_the_secret_before(officer: Staff, made: dict[str, Any]) -> None:
    client_id, secrets = made["system"]["client_id"], [made["client_secret"]]
    for _ in range(2):
        asked = {"overlap_hours": 24, "force": True}
        answer = await officer.call("POST", f"/systems/{client_id}/secret", asked)
        secrets.append(answer.json()["client_secret"])
    assert [await _asks(officer, client_id, each) for each in secrets] == [401, 201, 201]


async def test_clock_set_back_does_not_extend_an_old_secret(officer: Staff, made: dict[str, Any]) -> None:
    client_id, old = made["system"]["client_id"], made["client_secret"]
    assert await _asks(officer, client_id, old) == 201
    officer.application.clock.advance(seconds=-HOUR)
    await officer.call("POST", f"/systems/{client_id}/secret", {"overlap_hours": 0})
    assert await _asks(officer, client_id, old) == 401


async def test_disabled_system_cannot_make_requests(officer: Staff, made: dict[str, Any]) -> None:
    client_id, secret = made["system"]["client_id"], made["client_secret"]
    stop = {"state": "disabled", "reason": "合同到期"}
    assert (await officer.call("POST", f"/systems/{client_id}/state", stop)).json()["state"] == "disabled"
    assert await _asks(officer, client_id, secret) == 401
    assert (await officer.call("POST", f"/systems/{client_id}/state", stop)).status_code == 409
    await officer.call("POST", f"/systems/{client_id}/state", {"state": "active", "reason": "续约"})
    assert await _asks(officer, client_id, secret) == 201
    done = await acts_on(officer.application.context.db, subject=client_id)
    assert [each.act for each in done] == ["system.add", "system.disable", "system.enable"]


async def test_changed_addresses_are_recorded_with_the_old_ones(officer: Staff, made: dict[str, Any]) -> None:
    client_id = made["system"]["client_id"]
    changed = await officer.call(
        "PUT", f"/systems/{client_id}", {"name": "掌上海关", "domain": "app.palm.example"}
    )
    assert (changed.json()["domain"], changed.json()["return_urls"]) == ("app.palm.example", [])
    act = (await acts_on(officer.application.context.db, subject=client_id))[-1]
    assert dict(act.details) == {
        "domain": ["palm.example", "app.palm.example"],
        "return_urls": [NEW["return_urls"], []],
    }


async def test_login_by_openid_connect_is_set_and_ended(officer: Staff, made: dict[str, Any]) -> None:
    path = f"/systems/{made['system']['client_id']}/login"
    set_ = await officer.call("PUT", path, {"redirect_uris": ["https://palm.example/cb"]})
    assert set_.json()["login"] == {
        "redirect_uris": ["https://palm.example/cb"],
        "logout_uris": [],
        "auth_method": "client_secret_basic",
        "par_required": False,
    }
    refused = await officer.call("PUT", path, {"redirect_uris": ["http://palm.example/cb"]})
    assert_refused(refused, "invalid_client_uri")
    assert (await officer.call("DELETE", path)).json()["login"] is None
    assert (await officer.call("DELETE", path)).status_code == 404


async def test_webhooks_are_added_rotated_and_removed(officer: Staff, made: dict[str, Any]) -> None:
    client_id = made["system"]["client_id"]
    refused = await officer.call("POST", f"/systems/{client_id}/webhooks", {"url": "http://palm.example/x"})
    assert_refused(refused, "webhook_url_refused")
    inside = await officer.call("POST", f"/systems/{client_id}/webhooks", {"url": "https://10.0.0.1/x"})
    assert_refused(inside, "webhook_address_refused")
    added = (
        await officer.call("POST", f"/systems/{client_id}/webhooks", {"url": "https://palm.example/hook"})
    ).json()
    assert added["secret"].startswith("whsec_")
    path = f"/webhooks/{added['id']}"
    rotated = (await officer.call("POST", f"{path}/secret", {"overlap_hours": 1})).json()
    assert rotated["secret"] != added["secret"]
    refused = await officer.call("POST", f"{path}/secret", {"overlap_hours": 1})
    assert_refused(refused, "secret_before_counts")
    assert refused.json()["until"] == officer.application.clock() + HOUR * 1000
    forced = await officer.call("POST", f"{path}/secret", {"overlap_hours": 1, "force": True})
    assert forced.json()["secret"] not in {added["secret"], rotated["secret"]}
    (hook,) = (await officer.call("GET", f"/systems/{client_id}")).json()["webhooks"]
    assert (hook["url"], hook["dead"]) == ("https://palm.example/hook", 0)
    assert hook["previous_until"] == officer.application.clock() + HOUR * 1000
    assert (await officer.call("POST", f"{path}/enable")).status_code == 404  # it isn't disabled
    assert (await officer.call("DELETE", path)).json() == {"id": added["id"], "state": "removed"}
    assert (await officer.call("GET", f"/systems/{client_id}")).json()["webhooks"] == []
    done = await acts_on(officer.application.context.db, subject=added["id"])
    assert [each.act for each in done] == [
        "webhook.add",
        "webhook.rotate",
        "webhook.rotate",
        "webhook.remove",
    ]


@cases(
    ("field", "value", "code"),
    [
        ("domain", "not a domain", "invalid_system"),
        ("domain", "https://palm.example", "invalid_system"),
        ("domain", "palm.example/x", "invalid_system"),
        ("domain", "海关.example", "invalid_system"),
        ("domain", "a" * 64 + ".example", "invalid_system"),
        ("domain", "palm.example\u202e", "invalid_system"),
        ("domain", "", "invalid_request"),
        ("name", "  ", "invalid_system"),
        ("name", "a\u202eb", "invalid_system"),
        ("name", "a\u0000b", "malformed"),
        ("name", "长" * 65, "invalid_request"),
        ("return_urls", ["javascript://x"], "invalid_return_url"),
        ("return_urls", ["https://palm.example/#x"], "invalid_return_url"),
        ("return_urls", ["https://palm.example"] * 21, "invalid_request"),
        ("state", "active", "invalid_request"),
    ],
)
async def test_invalid_system_is_not_registered(officer: Staff, field: str, value: object, code: str) -> None:
    before = (await officer.call("GET", "/systems")).json()
    answer = await officer.call("POST", "/systems", NEW | {field: value})
    assert_refused(answer, code)
    assert (await officer.call("GET", "/systems")).json() == before


@cases("overlap", [-1, 721, 1.5, "1", None])
async def test_an_overlap_is_hours_up_to_thirty_days(
    officer: Staff, made: dict[str, Any], overlap: object
) -> None:
    path = f"/systems/{made['system']['client_id']}/secret"
    assert_refused(await officer.call("POST", path, {"overlap_hours": overlap}), "invalid_request")


@cases("client_id", ["portal", "bs-0", "%27", "bs-1/../portal", "\u8d85"])
async def test_the_service_itself_and_unknown_systems_are_left_alone(officer: Staff, client_id: str) -> None:
    for method, path, document in (
        ("GET", "", None),
        ("PUT", "", {"name": "x", "domain": "x.example"}),
        ("POST", "/secret", {"overlap_hours": 1}),
        ("POST", "/state", {"state": "disabled", "reason": "x"}),
        ("POST", "/webhooks", {"url": "https://x.example"}),
        ("DELETE", "/previous-secret", None),
        ("DELETE", "/login", None),
    ):
        answer = await officer.call(method, f"/systems/{client_id}{path}", document)
        assert answer.json()["code"] == "not_found", (method, path)


@cases(
    ("method", "path", "document", "roles"),
    [
        ("GET", "/systems", None, READERS),
        ("GET", "/systems/bs-1", None, READERS),
        ("GET", "/webhooks/deliveries", None, READERS),
        ("POST", "/systems", NEW, OFFICER),
        ("PUT", "/systems/bs-1", NEW, OFFICER),
        ("POST", "/systems/bs-1/secret", {"overlap_hours": 0}, OFFICER),
        ("DELETE", "/systems/bs-1/previous-secret", None, OFFICER),
        ("POST", "/systems/bs-1/state", {"state": "disabled", "reason": "x"}, OFFICER),
        ("PUT", "/systems/bs-1/login", {"redirect_uris": []}, OFFICER),
        ("DELETE", "/systems/bs-1/login", None, OFFICER),
        ("POST", "/systems/bs-1/webhooks", {"url": "https://a.example"}, OFFICER),
        ("POST", "/webhooks/ep_1/secret", {"overlap_hours": 0}, OFFICER),
        ("POST", "/webhooks/ep_1/enable", None, OFFICER),
        ("DELETE", "/webhooks/ep_1", None, OFFICER),
        ("POST", "/webhooks/replays", {"target": "x"}, OFFICER | {StaffRole.CUSTOMER_SERVICE}),
    ],
)  # fmt: skip
async def test_only_allowed_roles_use_each_operation(
    application: Application, method: str, path: str, document: object, roles: set[StaffRole]
) -> None:
    assert await allowed_roles(application, method, path, document) == roles

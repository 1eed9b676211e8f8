"""My devices over HTTP: list, names, a device that isn't mine; changing the password; logins from new places."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from mshield.server.log.sequence import sequence
from mshield.testkit.demo.people import OPERATOR
from tests.support.application import Application, Device, qr_of, running
from tests.support.assertions import assert_refused
from tests.support.clock import Clock
from tests.support.shield_over_http import Shield

_PHONE = "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36"


@pytest.fixture
async def two(
    sqlite_url: str, tmp_path: Path, clock: Clock
) -> AsyncIterator[tuple[Application, Shield, Shield]]:
    """One account on two phones, each with a shield."""
    async with running(sqlite_url, tmp_path, clock) as application:
        application.http.headers["User-Agent"] = _PHONE
        await application.registered()
        shields = []
        for _ in range(2):
            shield = Shield(application, await application.logged_in())
            await shield.enrol()
            shields.append(shield)
        yield application, shields[0], shields[1]


async def _devices(device: Device) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await device.call("GET", "/api/phone/devices")).json()["items"]
    return items


async def test_device_shows_browser_last_login_and_the_owners_name_for_it(
    two: tuple[Application, Shield, Shield], clock: Clock
) -> None:
    _, mine, other = two
    here, there = await _devices(mine.device)
    assert (here["is_this_device"], here["browser"], here["address"]) == (
        True,
        "Android · Chrome 142",
        "127.0.0.1",
    )
    assert (here["model"], here["place"]) == (
        None,
        None,
    )  # browser hides the model; there is no table of places
    assert here["logged_in_at"] <= clock()
    assert (there["is_this_device"], there["name"]) == (False, None)
    path = f"/api/phone/devices/{there['shield_number']}/name"
    assert (await mine.device.call("POST", path, {"name": " 办公室的手机 "})).status_code == 204
    assert (await _devices(other.device))[0]["name"] == "办公室的手机"
    for name in ("", " ", "a" * 25, "a\u202eb", "a\nb"):
        assert (await mine.device.call("POST", path, {"name": name})).status_code == 422
    assert_refused(
        await mine.device.call("POST", "/api/phone/devices/MS00000000000/name", {"name": "x"}), "not_found"
    )
    await mine.device.call("POST", path, {"name": None})
    assert (await _devices(mine.device))[1]["name"] is None


async def test_model_and_place_come_from_browser_and_table(
    sqlite_url: str, tmp_path: Path, clock: Clock
) -> None:
    table = tmp_path / "places.csv"
    table.write_text("network,zh,en\n127.0.0.0/8,浙江 宁波,Ningbo\n", "utf-8")
    async with running(sqlite_url, tmp_path, clock, places_file=table) as application:
        application.http.headers.update({"User-Agent": _PHONE, "Sec-CH-UA-Model": '"ALN-AL00"'})
        await application.registered()
        shield = Shield(application, await application.logged_in())
        await shield.enrol()
        (here,) = await _devices(shield.device)
    assert (here["model"], here["place"]) == ("ALN-AL00", {"zh": "浙江 宁波", "en": "Ningbo"})


async def test_unknown_device_is_held_and_logged_out_by_an_sms_code(
    two: tuple[Application, Shield, Shield], clock: Clock
) -> None:
    application, mine, other = two
    here, there = await _devices(mine.device)
    path = f"/api/phone/devices/{there['shield_number']}/disowned"
    new = await application.logged_in()  # a new phone without a shield
    assert_refused(await new.call("POST", path, {"sms_code": "000000"}), "sms_code_wrong")
    clock.advance(seconds=61)
    sent = await new.call("POST", "/api/phone/sms-codes", {"phone": None, "purpose": "device"})
    assert sent.status_code == 202
    code = {"sms_code": await application.sms_code("device")}
    own = f"/api/phone/devices/{here['shield_number']}/disowned"
    assert (await mine.device.call("POST", own, code)).status_code == 422
    asked = [(await device.call("GET", "/api/phone/devices")).json()["by"] for device in (mine.device, new)]
    assert asked == ["pin", "sms_code"]
    assert_refused(await mine.device.call("POST", path, code), "pin_needed")
    answer = await new.call("POST", path, code)
    assert answer.json() == {"held": True}
    assert (await _devices(mine.device))[1]["holds"] == ["lost"]
    assert_refused(await other.device.call("GET", "/api/phone/me"), "unauthenticated")
    assert (await mine.device.call("GET", "/api/phone/me")).status_code == 200
    # A repeat needs another code, and changes nothing.
    assert_refused(await new.call("POST", path, code), "sms_code_expired")
    # The SMS to the holder says that they did it; only the legal representative lifts the hold.
    await application.context.notices.notify(now=clock())
    texts = [message["text"] for message in (await application.http.get("/dev/sms.json")).json()]
    assert any("表示尾号" in text and there["shield_number"][-4:] in text for text in texts)
    assert not any("已由企业法人挂失" in text for text in texts)


async def test_all_other_logins_end_at_once_and_no_shield_is_touched(
    two: tuple[Application, Shield, Shield],
) -> None:
    application, mine, other = two
    another = await application.logged_in()
    answer = await mine.device.call("POST", "/api/phone/devices/log-out-others")
    assert answer.json() == {"logins_ended": 2}
    for device in (other.device, another):
        assert_refused(await device.call("GET", "/api/phone/me"), "unauthenticated")
    assert [(device["state"], device["holds"]) for device in await _devices(mine.device)] == [
        ("active", [])
    ] * 2
    answer = await mine.device.call("POST", "/api/phone/devices/log-out-others")
    assert answer.json() == {"logins_ended": 0}


async def test_changing_the_password_needs_it_and_ends_all_other_logins(
    two: tuple[Application, Shield, Shield],
) -> None:
    _, mine, other = two
    new = "Harbour-91-lantern"

    async def change(old: str, password: str) -> Any:
        return await mine.device.call(
            "POST", "/api/phone/password", {"old_password": old, "password": password}
        )

    assert_refused(await change("wrong-Password-1", new), "wrong_own_password")
    assert_refused(await change(OPERATOR.password, "123"), "weak_password")
    assert (await change(OPERATOR.password, OPERATOR.password)).status_code == 422
    assert (await other.device.call("GET", "/api/phone/me")).status_code == 200
    assert (await change(OPERATOR.password, new)).json() == {"logins_ended": 1}
    assert_refused(await other.device.call("GET", "/api/phone/me"), "unauthenticated")
    assert (await mine.device.call("GET", "/api/phone/me")).status_code == 200
    # Guesses on an unlocked phone are delayed like those at the login.
    answers = [await change("wrong-Password-1", OPERATOR.password) for _ in range(8)]
    assert_refused(answers[-1], "login_slowed")


_EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/{0}.0.0.0 Safari/537.36 Edg/{0}.0.0.0"
_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"


async def test_login_reports_exactly_its_new_properties(
    two: tuple[Application, Shield, Shield],
) -> None:
    application, mine, other = two

    async def login(shield: Shield, browser: str | None, address: str | None) -> list[str]:
        application.clock.advance(seconds=1)
        pc = None if browser is None else {"browser": browser, "address": address}
        answer = await application.business(
            "POST", "/api/business/requests", {"kind": "login", "pc": pc}, **{"Idempotency-Key": f"key-{len(seen)}"}
        )  # fmt: skip
        assert answer.status_code == 201, answer.text
        asked = answer.json()
        scanned = await shield.device.call("POST", "/api/phone/scans", {"code": qr_of(asked)})
        assert scanned.status_code in {200, 201}, scanned.text
        unlike: list[str] = (
            await shield.device.call("GET", f"/api/phone/requests/{asked['id']}/unlike")
        ).json()["unlike"]
        seen.append(asked["id"])
        task = scanned.json()["tasks"][0]
        await shield.sign([(await shield.device.call("GET", f"/api/phone/tasks/{task['sid']}")).json()])
        return unlike

    seen: list[str] = []
    assert await login(mine, None, None) == []
    assert await login(mine, _EDGE.format(142), "203.0.113.24") == []  # no earlier login to compare with
    assert await login(mine, _EDGE.format(143), "203.0.113.77") == []  # a newer version, the same network
    assert await login(mine, _FIREFOX, "203.0.113.24") == ["computer"]
    assert await login(mine, _FIREFOX, "198.51.100.7") == ["network"]
    assert await login(other, _EDGE.format(142), "198.51.100.9") == []  # known by the account's other phone
    assert await login(other, _FIREFOX.replace("Firefox/143", "OPR/90"), "2001:db8::1") == [
        "computer",
        "network",
    ]
    assert await login(mine, None, None) == []
    answer = await other.device.call("GET", f"/api/phone/requests/{seen[0]}/unlike")
    assert_refused(answer, "not_found")
    # The list has all logins, newest first, with what was new about each at its time.
    listed = (await mine.device.call("GET", "/api/phone/logins")).json()["items"]
    assert [(login["unlike"], login["is_this_device"]) for login in listed] == [
        ([], True),
        (["computer", "network"], False),
        ([], False),
        (["network"], True),
        (["computer"], True),
        ([], True),
        ([], True),
        ([], True),
    ]
    assert (listed[3]["browser"], listed[3]["address"]) == ("Linux · Firefox 143", "198.51.100.7")
    assert {login["shield_number"] for login in listed} == {
        d["shield_number"] for d in await _devices(mine.device)
    }
    # The holder who signed can fetch the evidence.
    (newest, *_) = (await mine.device.call("GET", "/api/phone/signatures")).json()["items"]
    path = f"/api/phone/signatures/{newest['sid']}/evidence"
    assert_refused(await mine.device.call("GET", path), "not_logged_yet")
    await sequence(application.context.log, now=application.clock())
    bundle = await mine.device.call("GET", path)
    assert bundle.status_code == 200, bundle.text
    assert bundle.json()["document"]["sid"] == newest["sid"]
    assert_refused(await other.device.call("GET", path), "not_found")

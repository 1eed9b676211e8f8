"""A row that was changed outside of the service is refused by each path that relies on it, with an alarm."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx
import pytest

from mshield.server.runtime.security_log.events import ROW_CHANGED
from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from tests.support.application import Application, qr_of
from tests.support.assertions import assert_refused
from tests.support.captchas import answered_captcha
from tests.support.console_people import Clerk
from tests.support.factories import document_message
from tests.support.identity import prove_account
from tests.support.intruder import Intruder
from tests.support.portal import OWN, Browser
from tests.support.security_lines import lines_of
from tests.support.shield_over_http import Shield

_OF_SIGNING = ("keys", "accounts", "filed_persons", "enterprises", "certificates")
_CALL = "/api/business/requests"


@dataclass
class _Site:
    """The application, the attacker, and what each path needs."""

    application: Application
    intruder: Intruder

    def forge(self, table: str) -> None:
        """Breaks the seals of a table's rows; of certificates those that signing compares, their standing."""
        change = "state = 'superseded', seal = ?" if table == "certificates" else "seal = ?"
        assert self.intruder.run(f"UPDATE {table} SET {change}", bytes(32)) > 0  # noqa: S608  # a test's own

    async def shield(self) -> Shield:
        await self.application.registered()
        await prove_account(self.application, OPERATOR)
        shield = Shield(self.application, await self.application.logged_in())
        await shield.enrol()
        return shield

    async def ask(self) -> dict[str, str]:
        asked = await self.application.business("POST", _CALL, {"kind": "login"})
        assert asked.status_code == 201, asked.text
        created: dict[str, str] = asked.json()
        return created

    async def scan(self, shield: Shield, created: dict[str, str]) -> httpx.Response:
        return await shield.device.call("POST", "/api/phone/scans", {"code": qr_of(created)})

    async def tasks(self, shield: Shield, created: dict[str, str]) -> list[dict[str, str]]:
        scanned = await self.scan(shield, created)
        assert scanned.status_code in {200, 201}, scanned.text
        sids = [task["sid"] for task in scanned.json()["tasks"]]
        return [(await shield.device.call("GET", f"/api/phone/tasks/{sid}")).json() for sid in sids]


async def _log_in(site: _Site) -> httpx.Response:
    await site.application.registered()
    site.forge("accounts")
    shown = await answered_captcha(site.application.http)
    document = {"account": OPERATOR.phone, "password": OPERATOR.password, **shown}
    return await site.application.device().call("POST", "/api/phone/sessions", document)


async def _apply(site: _Site) -> httpx.Response:
    await site.application.registered()
    await prove_account(site.application, OPERATOR)
    device = await site.application.logged_in()
    form = await site.application.application_form(device)
    site.forge("filed_persons")
    return await device.call("POST", "/api/phone/enrolments", form)


async def _scan(site: _Site) -> httpx.Response:
    shield = await site.shield()
    created = await site.ask()
    assert site.intruder.run("UPDATE phone_sessions SET mark = ?", bytes(32)) > 0
    return await site.scan(shield, created)


def _open(table: str) -> Callable[[_Site], Awaitable[httpx.Response]]:
    async def open_session(site: _Site) -> httpx.Response:
        shield = await site.shield()
        tasks = await site.tasks(shield, await site.ask())
        site.forge(table)
        return (await shield.open(tasks))[1]

    return open_session


def _finish(table: str) -> Callable[[_Site], Awaitable[httpx.Response]]:
    async def finish(site: _Site) -> httpx.Response:
        shield = await site.shield()
        nonces, opened = await shield.open(await site.tasks(shield, await site.ask()))
        assert opened.status_code == 200, opened.text
        site.forge(table)
        return await shield.finish(nonces, opened)

    return finish


def _scan_of(change: str) -> Callable[[_Site], Awaitable[httpx.Response]]:
    async def scan(site: _Site) -> httpx.Response:
        shield = await site.shield()
        created = await site.ask()
        assert site.intruder.run(f"UPDATE requests SET {change}") > 0  # noqa: S608  # a test's own
        return await site.scan(shield, created)

    return scan


async def _task(site: _Site) -> httpx.Response:
    shield = await site.shield()
    scanned = await site.scan(shield, await site.ask())
    assert site.intruder.run("UPDATE requests SET asker_name = '电子税务局'") > 0
    return await shield.device.call("GET", f"/api/phone/tasks/{scanned.json()['tasks'][0]['sid']}")


async def _bindings(site: _Site) -> httpx.Response:
    shield = await site.shield()
    site.intruder.run(
        "INSERT INTO bindings (sid, account_id, device_id, shield_number, serial, certificate, client_id, asked_at,"
        " bound_at) SELECT ?, account_id, device_id, shield_number, serial, serial, ?, 1, 1 FROM certificates",
        bytes(16),
        site.application.client_id,
    )
    own = await shield.device.call("GET", "/api/phone/me")
    assert [each["client_id"] for each in own.json()["bindings"]] == [site.application.client_id]
    assert site.intruder.run("UPDATE business_systems SET name = '电子税务局'") > 0
    return await shield.device.call("GET", "/api/phone/me")


async def _inbox(site: _Site) -> httpx.Response:
    shield = await site.shield()
    (device,) = site.intruder.rows("SELECT shield_number FROM devices WHERE shield_number IS NOT NULL")
    document = {
        "kind": "signature",
        "shield_number": device["shield_number"],
        "documents": [document_message(b"text")],
    }
    asked = await site.application.business("POST", _CALL, document)
    assert asked.status_code == 201, asked.text
    assert site.intruder.run("UPDATE requests SET asker_name = '电子税务局'") > 0
    return await shield.device.call("GET", "/api/phone/inbox")


def _result_of(change: str) -> Callable[[_Site], Awaitable[httpx.Response]]:
    async def result(site: _Site) -> httpx.Response:
        shield = await site.shield()
        created = await site.ask()
        await shield.sign(await site.tasks(shield, created))
        table, sets = change.split(":")
        where = "" if table == "certificates" else " WHERE request_id IS NOT NULL"
        assert site.intruder.run(f"UPDATE {table} SET {sets}{where}") > 0  # noqa: S608  # a test's own
        return await site.application.business("GET", f"{_CALL}/{created['id']}/result")

    return result


def _own_signature(change: str) -> Callable[[_Site], Awaitable[httpx.Response]]:
    async def read(site: _Site) -> httpx.Response:
        shield = await site.shield()
        tasks = await site.tasks(shield, await site.ask())
        await shield.sign(tasks)
        table, sets = change.split(":")
        assert site.intruder.run(f"UPDATE {table} SET {sets}") > 0  # noqa: S608  # a test's own
        return await shield.device.call("GET", f"/api/phone/signatures/{tasks[0]['sid']}")

    return read


async def _shield_list(site: _Site) -> httpx.Response:
    await site.shield()
    await site.application.registered(LEGAL_PERSON)
    await prove_account(site.application, LEGAL_PERSON)
    browser = Browser.of(site.application)
    await browser.log_in()
    assert site.intruder.run("UPDATE certificates SET common_name = ?", LEGAL_PERSON.name) > 0
    return await browser.get(f"/enterprises/{OWN}/shields")


async def _portal_login(site: _Site) -> httpx.Response:
    await site.application.registered(LEGAL_PERSON)
    await prove_account(site.application, LEGAL_PERSON)
    site.forge("accounts")
    return await Browser.of(site.application).begin()


async def _portal_page(site: _Site) -> httpx.Response:
    await site.application.registered(LEGAL_PERSON)
    await prove_account(site.application, LEGAL_PERSON)
    browser = Browser.of(site.application)
    await browser.log_in()
    site.forge("portal_sessions")
    return await browser.get("/session")


async def _portal_act(site: _Site) -> httpx.Response:
    await site.shield()
    await site.application.registered(LEGAL_PERSON)
    await prove_account(site.application, LEGAL_PERSON)
    browser = Browser.of(site.application)
    await browser.log_in()
    site.forge("certificates")
    (device,) = site.intruder.rows("SELECT shield_number FROM devices WHERE shield_number IS NOT NULL")
    document = {"act": "freeze", "shield_numbers": [device["shield_number"]], "reason": "手机遗失"}
    return await browser.send("POST", f"/enterprises/{OWN}/acts", document)


async def _console_page(site: _Site) -> httpx.Response:
    clerk = await Clerk.at_work(site.application, StaffRole.AUDITOR)
    site.forge("staff")
    return await clerk.call("GET", "/session")


async def _console_login(site: _Site) -> httpx.Response:
    clerk = await Clerk.at_work(site.application, StaffRole.AUDITOR)
    site.forge("staff")
    return await clerk.begin()


_PATHS: dict[str, Callable[[_Site], Awaitable[httpx.Response]]] = {
    "login": _log_in,
    "application": _apply,
    "scan": _scan,
    **{f"open, {table}": _open(table) for table in _OF_SIGNING},
    **{f"finish, {table}": _finish(table) for table in _OF_SIGNING},
    "scan, name of the system": _scan_of("asker_name = '电子税务局'"),
    "scan, domain of the system": _scan_of("asker_domain = 'tax.example'"),
    "scan, system": _scan_of("client_id = 'own', asker_name = '手机盾'"),
    "scan, digits": _scan_of("number = CASE number WHEN '00' THEN '01' ELSE '00' END"),
    "scan, PC's address": _scan_of("pc_address = '192.0.2.77'"),
    "scan, PC's browser": _scan_of("pc_browser = 'curl'"),
    "scan, return address": _scan_of("return_url = 'https://evil.example/take'"),
    "scan, no mark": _scan_of("mark = NULL"),
    "task": _task,
    "inbox": _inbox,
    "bindings": _bindings,
    "result, signer's name": _result_of(f"certificates:common_name = '{LEGAL_PERSON.name}'"),
    "result, title": _result_of("tasks:title = '放行单'"),
    "result, lines": _result_of("tasks:display = '{}'"),
    "result, another key's signature": _result_of("signatures:uid = sid"),
    "own signature, title": _own_signature("tasks:title = '放行单'"),
    "own signature, system": _own_signature("requests:asker_name = '电子税务局'"),
    "own signature, signer": _own_signature(f"certificates:common_name = '{LEGAL_PERSON.name}'"),
    "shield list": _shield_list,
    "portal login": _portal_login,
    "portal page": _portal_page,
    "portal act": _portal_act,
    "console page": _console_page,
    "console login": _console_login,
}


@pytest.mark.parametrize("path", _PATHS)
async def test_forged_row_is_refused_with_an_alarm(
    application: Application, intruder: Intruder, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    answer = await _PATHS[path](_Site(application, intruder))
    assert_refused(answer, "record_changed", 409)
    (line,) = lines_of(caplog, ROW_CHANGED)
    assert (line["level"], line["code"]) == ("critical", "seal_broken")


async def test_only_a_signed_document_is_shown_without_its_requests_erased_data(
    application: Application, intruder: Intruder
) -> None:
    site = _Site(application, intruder)
    erase = "UPDATE requests SET pc_address = NULL, pc_browser = NULL, return_url = NULL, mark = NULL"
    shield = await site.shield()
    tasks = await site.tasks(shield, await site.ask())
    path = f"/api/phone/tasks/{tasks[0]['sid']}"
    nonces, opened = await shield.open(tasks)
    assert (await shield.finish(nonces, opened)).status_code == 200
    assert intruder.run(erase) > 0
    assert (await shield.device.call("GET", path)).status_code == 200
    waiting = await site.tasks(shield, await site.ask())
    assert intruder.run(erase) > 0
    assert_refused(
        await shield.device.call("GET", f"/api/phone/tasks/{waiting[0]['sid']}"), "record_changed", 409
    )

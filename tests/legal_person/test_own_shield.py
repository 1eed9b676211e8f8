"""The legal representative's own shield authenticates a login and a batch of revocations at the portal (R14)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from mshield.client.errors import ProblemError
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from mshield.testkit.phone import VirtualPhone
from mshield.wire.qr import qr_text
from tests.support.assertions import assert_refused
from tests.support.clock import Clock
from tests.support.killed_service import Mortal, killable_service

API: Final = "/api/portal"
OWN: Final = LEGAL_PERSON.credit_code


service = killable_service()


@pytest.fixture
def page(service: Mortal) -> Iterator[httpx.Client]:
    """A browser at the portal; it sends the session's CSRF token once it has one."""
    transport = httpx.MockTransport(service.handle)
    with httpx.Client(base_url="http://localhost:8000", transport=transport) as made:
        yield made


def code_of(service: Mortal, request_id: str) -> str:
    """Returns the QR code that the page shows now."""
    context = service.context
    return qr_text(
        context.settings.site.public_origin, request_id, context.requests.secrets.qr_secret(request_id), 0
    )


def asked(page: httpx.Client, path: str, document: object = None) -> dict[str, Any]:
    """Creates the portal's request to the phone."""
    answer = page.post(API + path, json=document)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def start(page: httpx.Client, made: dict[str, Any], **changes: str) -> httpx.Response:
    """Calls the second half of a login."""
    given = {name: made[name] for name in ("request_id", "status_token")}
    return page.post(f"{API}/shield-sessions", json=given | changes)


def logged_in(service: Mortal, page: httpx.Client, phone: VirtualPhone) -> None:
    """Logs in by scanning a code."""
    made = asked(page, "/shield-logins")
    phone.scan(code_of(service, made["request_id"]))
    phone.approve(pin=LEGAL_PERSON.pin)
    answer = start(page, made)
    assert answer.status_code == 201, answer.text
    page.headers["X-CSRF-Token"] = answer.json()["csrf_token"]


def revoke(page: httpx.Client, terms: dict[str, Any], **proof: str) -> httpx.Response:
    """Revokes a batch, with the given proof of identity."""
    return page.post(f"{API}/enterprises/{OWN}/revocations", json=terms | proof)


def test_r14_own_shield_logs_in_and_the_phone_names_the_portal(
    service: Mortal, page: httpx.Client, tmp_path: Path
) -> None:
    phone = service.enrolled(tmp_path / "phone", LEGAL_PERSON)
    made = asked(page, "/shield-logins")
    scanned = phone.scan(code_of(service, made["request_id"]))
    assert (scanned.requester.name, scanned.number) == ("三证合一", made["number"])
    assert_refused(start(page, made), "not_signed")
    phone.approve(pin=LEGAL_PERSON.pin)
    assert_refused(start(page, made, status_token="x" * 43), "wrong_status_token")
    opened = start(page, made).json()
    assert opened["name"] == LEGAL_PERSON.name
    assert [each["credit_code"] for each in opened["enterprises"]] == [OWN]
    assert page.get(f"{API}/enterprises/{OWN}/shields").status_code == 200


def test_r14_signature_opens_one_session_and_expires(
    service: Mortal, page: httpx.Client, tmp_path: Path, clock: Clock
) -> None:
    phone = service.enrolled(tmp_path / "phone", LEGAL_PERSON)
    made, late = asked(page, "/shield-logins"), asked(page, "/shield-logins")
    for each in (made, late):
        phone.scan(code_of(service, each["request_id"]))
        phone.approve(pin=LEGAL_PERSON.pin)
    assert start(page, made).status_code == 201
    assert_refused(start(page, made), "request_closed")
    clock.advance(seconds=service.context.settings.requests.request_seconds + 121)
    assert_refused(start(page, late), "expired_request")


def test_r14_operators_shield_opens_no_session(service: Mortal, page: httpx.Client, tmp_path: Path) -> None:
    phone = service.enrolled(tmp_path / "phone")
    made = asked(page, "/shield-logins")
    phone.scan(code_of(service, made["request_id"]))
    phone.approve(pin=OPERATOR.pin)
    assert_refused(start(page, made), "not_legal_person")
    assert page.get(f"{API}/session").status_code == 401


def test_another_systems_login_opens_no_session(service: Mortal, page: httpx.Client, tmp_path: Path) -> None:
    phone = service.enrolled(tmp_path / "phone", LEGAL_PERSON)
    with service.business() as business:
        made = business.request_login()
        phone.scan(made.qr)
        phone.approve(pin=LEGAL_PERSON.pin)
        document = {"request_id": made.id, "status_token": made.status_token}
    assert_refused(start(page, document), "not_found")


def test_r14_signature_revokes_exactly_the_signed_batch_once(
    service: Mortal, page: httpx.Client, tmp_path: Path
) -> None:
    operator = service.enrolled(tmp_path / "operator")
    phone = service.enrolled(tmp_path / "phone", LEGAL_PERSON)
    number = operator.certificate().shield_number
    logged_in(service, page, phone)
    terms = {"shield_numbers": [number], "reason": "员工离职", "cause": "affiliation_changed"}
    made = asked(page, f"/enterprises/{OWN}/revocation-requests", terms)
    scanned = phone.scan(code_of(service, made["request_id"]))
    shown = {line.label: line.value for line in scanned.tasks[0].display}
    assert shown["手机盾号"].replace(" ", "") == number
    assert shown["操作"] == "作废手机盾，不能撤销"
    proof = made["request_id"]
    assert_refused(revoke(page, terms, request_id=proof), "not_signed")
    phone.approve(pin=LEGAL_PERSON.pin)

    other = terms | {"shield_numbers": [phone.certificate().shield_number]}
    assert_refused(revoke(page, other, request_id=proof), "forbidden")
    assert_refused(revoke(page, terms | {"cause": "superseded"}, request_id=proof), "forbidden")
    assert_refused(revoke(page, terms), "invalid_request")
    (outcome,) = revoke(page, terms, request_id=proof).json()["items"]
    assert (outcome["outcome"], outcome["state"]) == ("changed", "revoked")
    assert_refused(revoke(page, terms, request_id=proof), "request_closed")
    with pytest.raises(ProblemError):
        operator.bind(pin=OPERATOR.pin)


def test_r14_anothers_signature_revokes_nothing(service: Mortal, page: httpx.Client, tmp_path: Path) -> None:
    operator = service.enrolled(tmp_path / "operator")
    phone = service.enrolled(tmp_path / "phone", LEGAL_PERSON)
    logged_in(service, page, phone)
    number = phone.certificate().shield_number
    terms = {"shield_numbers": [number], "reason": "手机遗失", "cause": "key_compromise"}
    made = asked(page, f"/enterprises/{OWN}/revocation-requests", terms)
    operator.scan(code_of(service, made["request_id"]))
    operator.approve(pin=OPERATOR.pin)
    assert_refused(revoke(page, terms, request_id=made["request_id"]), "forbidden")
    assert phone.certificate().state == "active"

"""R13: another app hands over a request by its link, the user signs and returns to a registered address."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mshield.client import AsyncBusinessClient, Document, ProblemError, read_return
from mshield.server.errors import InvalidRequest, NotFound
from mshield.server.systems.errors import InvalidReturnUrl
from mshield.server.systems.register import set_return_urls
from mshield.testkit.demo.people import OPERATOR
from mshield.testkit.phone import VirtualPhone
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.cases import cases
from tests.support.clock import Clock
from tests.support.killed_service import Mortal, mortal_service
from tests.support.return_url import RETURN_URL

DOCUMENT = Document(title="报关单", media_type="text/plain", content="报关单".encode())
REQUESTS = "/api/business/requests"


@pytest.fixture
def service(
    database_url: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Mortal]:
    with mortal_service(database_url, tmp_path, clock, monkeypatch) as made:
        yield made


@pytest.fixture
def phone(service: Mortal, tmp_path: Path) -> VirtualPhone:
    """A phone whose certificate is bound."""
    made = service.enrolled(tmp_path / "phone")
    made.bind(OPERATOR.pin)
    return made


def test_r13_from_the_other_app_and_back_with_the_signature(service: Mortal, phone: VirtualPhone) -> None:
    with service.business() as business:
        created = business.request_signature([DOCUMENT], channel="app", return_url=RETURN_URL)
        scanned = phone.scan(created.app_link)
        assert scanned.return_url == RETURN_URL
        back = phone.approve(pin=OPERATOR.pin).return_address
        assert back is not None
        assert back.startswith(f"{RETURN_URL}&request={created.id}&state=signed&return_code=")
        returned = read_return(back, request_id=created.id)
        result = business.result(created.id, return_code=returned.return_code)
        assert result.documents[0].message == DOCUMENT.content


def test_r13_without_the_way_back_there_is_no_result_and_no_evidence(
    service: Mortal, phone: VirtualPhone
) -> None:
    with service.business() as business:
        created = business.request_login(channel="app", return_url=RETURN_URL)
        other = business.request_login(channel="app", return_url=RETURN_URL)
        codes = []
        for each in (created, other):
            phone.scan(each.app_link)
            back = phone.approve(pin=OPERATOR.pin).return_address or ""
            codes.append(read_return(back, request_id=each.id).return_code)
        for code in (None, "", codes[1], f"{codes[0]}x", "签名"):
            for fetch in (business.result, business.evidence):
                with pytest.raises(ProblemError) as refused:
                    fetch(created.id, return_code=code)
                assert (refused.value.status, refused.value.code) == (403, "wrong_return_code")
        assert business.result(created.id, return_code=codes[0]).id == created.id
        assert (
            business.result(created.id, return_code=codes[0]).id == created.id
        )  # the call can be repeated after a lost answer


def test_r13_declined_cancelled_and_expired_lead_back_without_a_code(
    service: Mortal, phone: VirtualPhone
) -> None:
    with service.business() as business:
        declined = business.request_login(channel="app", return_url=RETURN_URL)
        phone.scan(declined.app_link)
        assert phone.decline(reason="not_me") == f"{RETURN_URL}&request={declined.id}&state=declined"
        late = []
        cancelled = business.request_login(channel="app", return_url=RETURN_URL)
        business.cancel(cancelled.id)
        expired = business.request_login(channel="app", return_url=RETURN_URL, lifetime=30)
        for link, wait in ((cancelled.app_link, 0), (expired.app_link, 31)):
            service.clock.advance(seconds=wait)
            with pytest.raises(ProblemError) as refused:
                phone.scan(link)
            late.append((refused.value.code, refused.value.extra["return_address"]))
    assert late == [
        ("request_closed", f"{RETURN_URL}&request={cancelled.id}&state=cancelled"),
        ("expired_request", f"{RETURN_URL}&request={expired.id}&state=expired"),
    ]


def test_r13_expired_while_the_user_looked_at_it_leads_back(service: Mortal, phone: VirtualPhone) -> None:
    with service.business() as business:
        created = business.request_login(channel="app", return_url=RETURN_URL, lifetime=30)
    phone.scan(created.app_link)
    service.clock.advance(seconds=31)
    with phone._operation() as operation:
        found = operation.connection.get(f"/api/phone/requests/{created.id}/return", operation.logged_in())
    assert f'"state":"expired","address":"{RETURN_URL}&request={created.id}&state=expired"' in found.decode()


def test_r13_what_is_not_over_or_of_another_way_leads_nowhere(service: Mortal, phone: VirtualPhone) -> None:
    with service.business() as business:
        by_app = business.request_login(channel="app", return_url=RETURN_URL)
        by_code = business.request_login()
    assert phone.scan(by_app.app_link).return_url == RETURN_URL
    assert _refused(phone, by_app.id) == "request_open"
    assert phone.scan(by_code.qr_text(by_code.received_at)).return_url is None
    assert phone.approve(pin=OPERATOR.pin).return_address is None
    assert _refused(phone, by_code.id) == "not_found"
    assert _refused(phone, "unknown") == "not_found"


def test_r13_another_phone_is_not_led_back(service: Mortal, phone: VirtualPhone, tmp_path: Path) -> None:
    other = service.phone(tmp_path / "other")
    captcha = other.captcha().captcha_id
    answer = service.get(f"/dev/captchas/{captcha}")["answer"]
    other.login(account=OPERATOR.phone, password=OPERATOR.password, captcha_id=captcha, captcha=answer)
    with service.business() as business:
        created = business.request_login(channel="app", return_url=RETURN_URL)
    phone.scan(created.app_link)
    phone.approve(pin=OPERATOR.pin)
    assert _refused(other, created.id) == "not_found"


def test_r13_the_phone_opens_no_other_address(
    service: Mortal, phone: VirtualPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    with service.business() as business:
        created = business.request_login(channel="app", return_url=RETURN_URL)
    phone.scan(created.app_link)
    monkeypatch.setattr(
        "mshield.server.requests.answer.return_address",
        lambda *_, **__: "https://attacker.example/?state=signed",
    )
    with pytest.raises(Exception, match="foreign_return"):
        phone.approve(pin=OPERATOR.pin)


@cases(
    ("asked", "status", "code"),
    [
        ({"channel": "app"}, 422, "invalid_request"),
        ({"return_url": RETURN_URL}, 422, "invalid_request"),
        ({"channel": "app", "return_url": ""}, 422, "invalid_request"),
        ({"channel": "app", "return_url": "https://attacker.example/"}, 422, "return_url_unknown"),
        ({"channel": "app", "return_url": RETURN_URL + "&x=1"}, 422, "return_url_unknown"),
        ({"channel": "app", "return_url": RETURN_URL.upper()}, 422, "return_url_unknown"),
        ({"channel": "app", "return_url": RETURN_URL}, 201, None),
    ],
)
async def test_r13_only_registered_addresses_character_by_character(
    application: Application, asked: dict[str, Any], status: int, code: str | None
) -> None:
    answer = await application.business("POST", REQUESTS, {"kind": "login", **asked})
    assert (answer.status_code, answer.json().get("code")) == (status, code)


async def test_r13_addresses_are_replaced_within_seconds(application: Application) -> None:
    scheme = "customsphone://signed"
    asked = {"kind": "login", "channel": "app", "return_url": scheme}
    assert (await application.business("POST", REQUESTS, asked)).status_code == 422
    db, client_id = application.context.db, application.client_id
    with pytest.raises(InvalidReturnUrl):
        await set_return_urls(db, client_id=client_id, return_urls=(scheme,), now=application.clock())
    await set_return_urls(
        db, client_id=client_id, return_urls=(scheme,), schemes=("customsphone",), now=application.clock()
    )
    application.clock.advance(seconds=6)
    # The scheme was registered with another setting or before the upgrade: this process doesn't allow it.
    assert_refused(await application.business("POST", REQUESTS, asked), "return_url_unknown")
    allowed = application.context.settings.changed(return_schemes=("customsphone",))
    object.__setattr__(application.context.requests.ask, "settings", allowed)
    assert (await application.business("POST", REQUESTS, asked)).status_code == 201
    for unknown, urls, refusal in (
        ("bs-unknown", (), NotFound),
        (client_id, ("file:///etc/passwd",), InvalidReturnUrl),
        (client_id, (scheme,) * 21, InvalidRequest),
    ):
        with pytest.raises(refusal):
            await set_return_urls(db, client_id=unknown, return_urls=urls, now=application.clock())
    asked["return_url"] = RETURN_URL
    assert_refused(await application.business("POST", REQUESTS, asked), "return_url_unknown")


async def test_r13_the_asynchronous_client_is_led_back_too(application: Application) -> None:
    transport = httpx.ASGITransport(application.app)
    async with AsyncBusinessClient(
        "http://shield.example",
        client_id=application.client_id,
        client_secret=application.client_secret,
        transport=transport,
    ) as business:
        created = await business.request_signature([DOCUMENT], channel="app", return_url=RETURN_URL)
        login = await business.request_login(channel="app", return_url=RETURN_URL)
        assert len({created.app_link, login.app_link}) == 2
        for fetch in (business.result, business.evidence):
            with pytest.raises(ProblemError, match="not_signed"):
                await fetch(created.id, return_code=base64.urlsafe_b64encode(bytes(16)).decode())


def _refused(phone: VirtualPhone, request_id: str) -> str:
    with phone._operation() as operation, pytest.raises(ProblemError) as refused:
        operation.connection.get(f"/api/phone/requests/{request_id}/return", operation.logged_in())
    return refused.value.code

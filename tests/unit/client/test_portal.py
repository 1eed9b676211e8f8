"""The legal representative's client: one idempotency key per operation, generated or given by the caller."""

from collections.abc import Callable
from typing import Any, Final

import altcha
import httpx
import pytest

from mshield.client.errors import NetworkError, ProblemError
from mshield.testkit.portal import PortalClient, PortalLogin

URL: Final = "https://shield.example.cn"
CODE: Final = "91330206MA2XB7C1TW"
LOGIN: Final = PortalLogin(cookie="mshield-portal", token="t", csrf_token="c")
CHALLENGE: Final = altcha.create_challenge("PBKDF2/SHA-256", 10, counter=2).to_dict() | {"signature": "00"}
ANSWERS: Final[dict[str, Any]] = {
    "logins": {"login_id": "l1", "phone_masked": "139****5011", "expires_in": 300, "resend_in": 60},
    "sessions": {"name": "顾承岳", "csrf_token": "c", "expires_in": 600, "enterprises": []},
    "revocation-codes": {"expires_in": 300, "resend_in": 60},
    "vouching-codes": {"expires_in": 300, "resend_in": 60},
    "acts": {"items": []},
    "revocations": {"items": []},
    "activation-code": {"code": "K7RD4WX9PQ2M", "name": "沈若澜", "expires_at": 1796104800000},
    "decision": None,
}
CALLS: Final[dict[str, Callable[..., object]]] = {
    "logins": lambda portal, **key: portal.begin_login(
        account="13900005011", password="p", captcha_id="c1", captcha="7", **key
    ),
    "sessions": lambda portal, **key: portal.finish_login("l1", "271828", **key),
    "revocation-codes": lambda portal, **key: portal.request_revocation_code(**key),
    "vouching-codes": lambda portal, **key: portal.request_vouching_code(CODE, "p1", **key),
    "acts": lambda portal, **key: portal.act(CODE, "report_loss", ["MS1"], reason="手机遗失", **key),
    "revocations": lambda portal, **key: portal.revoke(
        CODE, ["MS1"], reason="员工离职", cause="affiliation_changed", sms_code="271828", **key
    ),
    "activation-code": lambda portal, **key: portal.make_activation_code(
        CODE, "p1", sms_code="271828", **key
    ),
    "decision": lambda portal, **key: portal.decide_application(
        CODE, "a1", "confirm", sms_code="271828", **key
    ),
}
every_operation = pytest.mark.parametrize("operation", CALLS)


class Line:
    """A network that loses the first answers and records the key of each call that reached the service."""

    def __init__(self, *, lost: int = 0) -> None:
        self.lost = lost
        self.keys: list[str] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=CHALLENGE)  # a captcha's challenge
        self.keys.append(request.headers["idempotency-key"])
        if len(self.keys) <= self.lost:
            raise httpx.ReadTimeout("lost", request=request)
        return httpx.Response(200, json=ANSWERS[request.url.path.rpartition("/")[2]])

    def portal(self) -> PortalClient:
        return PortalClient(
            URL, login=LOGIN, transport=httpx.MockTransport(self.handle), sleep=lambda _seconds: None
        )


@every_operation
def test_lost_call_is_repeated_under_one_key_per_operation(
    operation: str,
) -> None:
    line = Line(lost=2)
    with line.portal() as portal:
        CALLS[operation](portal)
        CALLS[operation](portal)
    first, second, third, other = line.keys
    assert first == second == third != other


@every_operation
def test_caller_repeats_an_operation_by_its_key(operation: str) -> None:
    line = Line(lost=3)
    with line.portal() as portal, pytest.raises(NetworkError):
        CALLS[operation](portal, idempotency_key="case-17")
    with line.portal() as portal:  # like another process
        CALLS[operation](portal, idempotency_key="case-17")
    assert line.keys == ["case-17"] * 4


@pytest.mark.parametrize("operation", ["logins", "revocation-codes"])
@pytest.mark.parametrize(("code", "tries"), [("sms_failed", 1), ("unavailable", 3)])
def test_captcha_of_a_failed_sms_is_consumed(operation: str, code: str, tries: int) -> None:
    answered: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        answered.append(request.url.path)
        headers = {"Content-Type": "application/problem+json"}
        return httpx.Response(503, json={"code": code, "status": 503}, headers=headers)

    transport = httpx.MockTransport(refuse)
    with PortalClient(URL, login=LOGIN, transport=transport, sleep=lambda _seconds: None) as portal:
        with pytest.raises(ProblemError) as refused:
            CALLS[operation](portal)
        assert refused.value.code == code
    assert len(answered) == tries

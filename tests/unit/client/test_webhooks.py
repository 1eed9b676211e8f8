"""A receiver's verification of a webhook, with the library of Standard Webhooks as the sender."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from mshield.client import WebhookRefused, verify_webhook

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"a" * 32).decode()
OTHER = "whsec_" + base64.b64encode(b"b" * 32).decode()
BODY = json.dumps(
    {
        "type": "request.declined",
        "timestamp": "2026-11-24T05:59:59.123Z",
        "data": {"id": "r-1", "kind": "login", "state": "declined", "reason": "not_me", "later": 1},
    }
)


def _headers(*secrets: str, at: datetime = NOW, body: str = BODY) -> dict[str, str]:
    signatures = [Webhook(secret).sign("msg_1", at, body) for secret in secrets]
    return {
        "Webhook-Id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _code(headers: dict[str, str], body: bytes = BODY.encode(), now: datetime = NOW) -> str:
    with pytest.raises(WebhookRefused) as refused:
        verify_webhook(headers, body, SECRET, now=now)
    return refused.value.code


def test_valid_webhook_is_read() -> None:
    event = verify_webhook(_headers(SECRET), BODY.encode(), SECRET, now=NOW)
    assert (event.id, event.type, event.request_id) == ("msg_1", "request.declined", "r-1")
    assert (event.kind, event.state, event.reason) == ("login", "declined", "not_me")
    assert event.timestamp == datetime(2026, 11, 24, 5, 59, 59, 123_000, tzinfo=UTC)


def test_a_login_by_openid_connect_is_recognised_by_its_state() -> None:
    # The example of RFC 7636, appendix B: SHA-256 in base64url without padding.
    state, digest = (
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    )
    for stored, given, same in (
        (digest, state, True),
        (digest, f"{state}=", False),
        (digest, "", False),
        ("状态", state, False),
        (None, state, False),
        (None, "", False),
    ):
        document = json.loads(BODY)
        document["data"]["oidc"] = {"state_sha256": stored, "code_challenge": "c"}
        body = json.dumps(document)
        event = verify_webhook(_headers(SECRET, body=body), body.encode(), SECRET, now=NOW)
        assert event.oidc is not None
        assert event.oidc.has_state(given) is same
        assert event.oidc.code_challenge == "c"


def test_systems_own_request_has_no_oidc_login() -> None:
    assert verify_webhook(_headers(SECRET), BODY.encode(), SECRET, now=NOW).oidc is None


def test_either_side_may_have_two_secrets() -> None:
    for headers, secrets in (
        (_headers(OTHER, SECRET), [SECRET]),
        (_headers(SECRET), [OTHER, SECRET]),
        (
            {**_headers(SECRET), "webhook-signature": f"v1a,x v2,y {_headers(SECRET)['webhook-signature']}"},
            [SECRET],
        ),
    ):
        assert verify_webhook(headers, BODY.encode(), secrets, now=NOW).id == "msg_1"


def test_the_time_may_be_off_by_five_minutes() -> None:
    for minutes in (-5, 5):
        event = verify_webhook(_headers(SECRET), BODY.encode(), SECRET, now=NOW + timedelta(minutes=minutes))
        assert event.id == "msg_1"
    for seconds in (-301, 301):
        assert _code(_headers(SECRET), now=NOW + timedelta(seconds=seconds)) == "webhook_refused"


@pytest.mark.parametrize("stamp", ["", "x", "1.5", "-1", "+1795500000", "01795500000", "٣", "9" * 12, "1e9"])
def test_other_times_are_refused(stamp: str) -> None:
    assert _code({**_headers(SECRET), "webhook-timestamp": stamp}) == "webhook_refused"


def test_anything_else_is_refused() -> None:
    right = _headers(SECRET)
    for headers in (
        {},
        {**right, "Webhook-Id": "msg_2"},
        {**right, "Webhook-Id": ""},
        {**right, "webhook-signature": ""},
        {**right, "webhook-signature": right["webhook-signature"].replace("v1,", "v2,")},
        {**right, "webhook-signature": "v1"},
        {**right, "webhook-signature": "v1,é"},
        _headers(OTHER),
    ):
        assert _code(headers) == "webhook_refused"
    for body in (BODY.encode() + b" ", b"\xff", b""):
        assert _code(right, body) == "webhook_refused"
    for text in ("{}", "x", BODY.replace("request.declined", "request.other"), BODY.replace("login", "pay")):
        assert _code(_headers(SECRET, body=text), text.encode()) == "webhook_refused"
    long = json.dumps({"x": "y" * 70_000})
    assert _code(_headers(SECRET, body=long), long.encode()) == "webhook_refused"

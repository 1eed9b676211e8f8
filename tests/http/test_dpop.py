"""A call without a valid proof gets 401 and changes nothing, for each possible fault of a proof."""

import base64
import json
from pathlib import Path

import httpx
import pytest

from mshield.server.main import create_app
from mshield.server.retention.sweep import purge
from mshield.testkit.phone.dpop import DeviceKey, proof
from mshield.wire.qr import qr_text
from mshield.wire.tokens import base64url
from tests.support.application import ORIGIN, Application, Device, running
from tests.support.cases import cases
from tests.support.clock import Clock
from tests.support.factories import REQUESTS, document_message
from tests.support.signing import fetch

PATH = "/api/phone/me"


def _decode(part: str) -> dict[str, object]:
    decoded: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=="))
    return decoded


def forged(
    device: Device,
    *,
    header: dict[str, object] | None = None,
    claims: dict[str, object] | None = None,
    drop: str | None = None,
    signer: DeviceKey | None = None,
    method: str = "GET",
    path: str = PATH,
    body: bytes = b"",
) -> str:
    """Returns a proof with parts replaced or dropped, signed again."""
    first, second, _ = device.proof(method, path, body).split(".")
    head, payload = _decode(first) | (header or {}), _decode(second) | (claims or {})
    if drop is not None:
        head.pop(drop, None)
        payload.pop(drop, None)
    signing_input = base64url(json.dumps(head).encode()) + "." + base64url(json.dumps(payload).encode())
    return signing_input + "." + base64url((signer or device.key).sign_jws(signing_input.encode()))


async def _reason(answer: httpx.Response) -> str:
    assert answer.status_code == 401, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "DPoP" in answer.headers["www-authenticate"]
    document = answer.json()
    return str(document.get("reason", document["code"]))


async def test_a_right_proof_passes(device: Device) -> None:
    assert (await device.call("GET", PATH)).status_code == 200


async def test_query_is_not_signed(device: Device) -> None:
    assert (await device.call("GET", "/api/phone/signatures?limit=5")).status_code == 200


@cases(
    "htu",
    [
        f"{ORIGIN}{PATH}?limit=5",
        f"{ORIGIN}{PATH}#end",
        f"{ORIGIN.upper().replace('HTTP', 'http')}{PATH}",
        f"{ORIGIN}/api/phone/%6De",
    ],
)
async def test_address_is_compared_as_the_standard_says(device: Device, htu: str) -> None:
    """RFC 9449 4.3: query and fragment are ignored, spelling doesn't matter."""
    answer = await device.send("GET", PATH, b"", forged(device, claims={"htu": htu}))
    assert answer.status_code == 200, answer.text


@cases(
    ("claims", "reason"),
    [
        ({"htm": "POST"}, "htm"),
        ({"htu": "http://evil.example/api/phone/me"}, "htu"),
        ({"htu": f"{ORIGIN}/api/phone/certificate"}, "htu"),
        ({"htu": f"{ORIGIN}{PATH}/other"}, "htu"),
        ({"htu": f"{ORIGIN.replace('://', '://user@')}{PATH}"}, "htu"),
        ({"htu": f"{ORIGIN}:8443{PATH}"}, "htu"),
        ({"htu": f"{ORIGIN}:port{PATH}"}, "htu"),
        ({"htu": f"{ORIGIN}/%ff"}, "htu"),
        ({"htu": PATH}, "htu"),
        ({"htu": None}, "htu"),
        ({"bd": base64url(bytes(32))}, "bd"),
        ({"ath": base64url(bytes(32))}, "ath"),
        ({"iat": 0}, "iat"),
        ({"iat": True}, "iat"),
        ({"iat": "1"}, "iat"),
        ({"jti": ""}, "jti"),
        ({"jti": "j" * 129}, "jti"),
        ({"jti": 5}, "jti"),
        ({"nonce": 5}, "nonce"),
    ],
)
async def test_a_wrong_claim_is_refused_by_name(
    device: Device, claims: dict[str, object], reason: str
) -> None:
    answer = await device.send("GET", PATH, b"", forged(device, claims=claims))
    assert await _reason(answer) == reason


@cases("name", ["htm", "htu", "bd", "ath", "iat", "jti"])
async def test_a_missing_claim_is_refused_by_name(device: Device, name: str) -> None:
    assert await _reason(await device.send("GET", PATH, b"", forged(device, drop=name))) == name


@cases(
    "header",
    [
        {"typ": "JWT"},
        {"alg": "none"},
        {"alg": "HS256"},
        {"crit": ["b64"], "b64": False},
        {"kid": "1"},
        {"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}},
        {"jwk": {"kty": "EC", "crv": "P-256", "x": base64url(bytes(32)), "y": base64url(bytes(32))}},
        {"jwk": {"kty": "oct", "k": "AA"}},
        {"jwk": "x"},
    ],
)
async def test_a_wrong_header_is_refused(device: Device, header: dict[str, object]) -> None:
    await _reason(await device.send("GET", PATH, b"", forged(device, header=header)))


async def test_a_private_key_in_the_header_is_refused(device: Device) -> None:
    jwk = {**device.key.jwk(), "d": base64url(bytes(31) + b"\x05")}
    assert await _reason(await device.send("GET", PATH, b"", forged(device, header={"jwk": jwk}))) == "jwk"


@cases("made", ["", "x", "a.b.c", "..", "é.é.é", "a" * 5000, "e30.e30.e30"])
async def test_rubbish_is_refused(device: Device, made: str) -> None:
    headers = {"Authorization": f"DPoP {device.token}", "DPoP": made.encode()}
    await _reason(await device.http.get(PATH, headers=headers))  # type: ignore[arg-type]  # bytes are allowed


async def test_a_proof_signed_by_another_key_is_refused(device: Device) -> None:
    await _reason(await device.send("GET", PATH, b"", forged(device, signer=DeviceKey.generate())))


async def test_a_stolen_token_with_ones_own_proof_is_refused(
    application: Application, device: Device
) -> None:
    thief = application.device()
    thief.token = device.token
    assert await _reason(await thief.call("GET", PATH)) == "unauthenticated"


async def test_a_proof_without_the_token_is_refused(device: Device) -> None:
    device.token = None
    assert await _reason(await device.call("GET", PATH)) == "unauthenticated"


async def test_a_bearer_token_is_refused(device: Device) -> None:
    headers = {"Authorization": f"Bearer {device.token}", "DPoP": device.proof("GET", PATH, b"")}
    assert await _reason(await device.http.get(PATH, headers=headers)) == "unauthenticated"


async def test_two_proofs_are_refused(device: Device) -> None:
    made = device.proof("GET", PATH, b"")
    headers = [("Authorization", f"DPoP {device.token}"), ("DPoP", made), ("DPoP", made)]
    assert await _reason(await device.http.get(PATH, headers=headers)) == "header"


async def test_proof_is_accepted_once(device: Device) -> None:
    made = device.proof("GET", PATH, b"")
    assert (await device.send("GET", PATH, b"", made)).status_code == 200
    assert await _reason(await device.send("GET", PATH, b"", made)) == "jti"


async def test_proof_is_accepted_once_over_all_processes(
    postgresql_url: str, tmp_path: Path, clock: Clock
) -> None:
    async with running(postgresql_url, tmp_path, clock) as one:
        await one.registered()
        device = await one.logged_in()
        other = create_app(one.context.settings, clock=clock)
        async with (
            other.router.lifespan_context(other),
            httpx.AsyncClient(transport=httpx.ASGITransport(other), base_url=ORIGIN) as http,
        ):
            made = device.proof("GET", PATH, b"")
            assert (await device.send("GET", PATH, b"", made)).status_code == 200
            device.http = http
            assert await _reason(await device.send("GET", PATH, b"", made)) == "jti"
            assert (await device.call("GET", PATH)).status_code == 200
        count = "SELECT count(*) AS n FROM dpop_proofs"
        assert (await fetch(one.context.db, count))["n"] == 3  # one for the login, two for the calls
        await purge(one.context.db, now=clock() + 119_000)
        assert (await fetch(one.context.db, count))["n"] == 3
        await purge(one.context.db, now=clock() + 121_000)
        assert (await fetch(one.context.db, count))["n"] == 0


@pytest.mark.parametrize("call", ["scan", "scan a strange code", "open", "finish"])
async def test_proof_recorded_with_another_statement_is_accepted_once(
    call: str, postgresql_url: str, tmp_path: Path, clock: Clock
) -> None:
    """Scan, open and finish record the proof with their first statement, whatever the call's outcome."""
    async with running(postgresql_url, tmp_path, clock) as one:
        await one.registered()
        device = await one.logged_in()
        path, message = await _signing_call(one, call)
        body = json.dumps(message).encode()
        other = create_app(one.context.settings, clock=clock)
        async with (
            other.router.lifespan_context(other),
            httpx.AsyncClient(transport=httpx.ASGITransport(other), base_url=ORIGIN) as http,
        ):
            made, second = (device.proof("POST", path, body) for _ in range(2))
            codes = {"scan": "no_certificate"}
            first = await device.send("POST", path, body, made)
            assert first.json()["code"] == codes.get(call, "not_found")
            device.http = http
            assert await _reason(await device.send("POST", path, body, made)) == "jti"
            assert (await device.send("POST", path, body, second)).json()["code"] == first.json()["code"]
            strange, device.token = device.token, "unknown"
            unknown = device.proof("POST", path, body)
            assert (await device.send("POST", path, body, unknown)).json()["code"] == "unauthenticated"
            device.token = strange
        count = "SELECT count(*) AS n FROM dpop_proofs"
        assert (await fetch(one.context.db, count))["n"] == 4  # login, two calls, one call without login


async def _signing_call(one: Application, call: str) -> tuple[str, dict[str, object]]:
    if call == "scan":
        asked = (
            await one.business(
                "POST", REQUESTS, {"kind": "signature", "documents": [document_message(b"<a/>")]}
            )
        ).json()
        secret = bytes.fromhex(asked["qr_secret"])
        return "/api/phone/scans", {"code": qr_text(asked["qr_origin"], asked["id"], secret, 0)}
    if call == "scan a strange code":
        return "/api/phone/scans", {"code": "https://example.org/"}
    sid, hashed = "00" * 16, "00" * 32
    if call == "open":
        items = [{"sid": sid, "c": hashed}]
        return f"/api/phone/keys/{sid}/open", {"rn": hashed, "otp": hashed, "epoch": 0, "items": items}
    item = {"sid": sid, "Q1": "04" + "00" * 64, "rho": hashed, "s_prime": hashed}
    return f"/api/phone/keys/{sid}/finish", {"items": [item], "tau": None}


async def test_proof_is_valid_for_a_minute(device: Device) -> None:
    for seconds, status in ((-61, 401), (61, 401), (-59, 200), (59, 200)):
        made = device.proof("GET", PATH, b"", now=device.clock() + seconds * 1000)
        assert (await device.send("GET", PATH, b"", made)).status_code == status, seconds


async def test_a_body_other_than_the_signed_one_is_refused(device: Device) -> None:
    path = "/api/phone/scans"
    made = device.proof("POST", path, b'{"code":"a"}')
    assert await _reason(await device.send("POST", path, b'{"code":"b"}', made)) == "bd"


async def test_the_login_needs_a_proof_without_a_token(application: Application) -> None:
    await application.registered()
    device = application.device()
    document = {"account": "13800006027", "password": "x", "captcha_id": "x", "captcha": "x"}
    body = json.dumps(document).encode()
    assert await _reason(await device.send("POST", "/api/phone/sessions", body, None)) == "header"
    with_token = proof(
        device.key,
        method="POST",
        url=f"{ORIGIN}/api/phone/sessions",
        body=body,
        now=device.clock(),
        token="some token",
    )
    assert await _reason(await device.send("POST", "/api/phone/sessions", body, with_token)) == "ath"


async def test_logging_out_ends_the_token(device: Device) -> None:
    assert (await device.call("DELETE", "/api/phone/sessions/current")).status_code == 204
    assert await _reason(await device.call("GET", PATH)) == "unauthenticated"


async def test_a_login_ends_by_itself(device: Device) -> None:
    device.clock.advance(seconds=12 * 3600)
    assert await _reason(await device.call("GET", PATH)) == "unauthenticated"

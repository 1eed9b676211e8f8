"""The application with any JSON, proof or assertion: answers as documented, never a 500.

An accepted proof or assertion has the required claims, according to a second parser independent of the
service.
"""

import asyncio
import base64
import hashlib
import json
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from mshield.server.http.dpop import MAX_PROOF
from mshield.server.oidc.clients import PRIVATE_KEY_JWT
from mshield.testkit.phone.dpop import DeviceKey, proof
from mshield.wire.tokens import base64url
from tests.fuzz import mutations
from tests.fuzz.running import bounded, fuzz
from tests.oidc.client import Client
from tests.support.application import ORIGIN, Application, Device, running
from tests.support.clock import START, Clock
from tests.support.conformance import document, operation_of

T = TypeVar("T")
_KEY: Final = DeviceKey(ec.derive_private_key(20181100, ec.SECP256R1()))
_FAILED: Final = 500
_PROVED: Final = {"beginOutsideLogin", "logIn"}
_OPERATIONS: Final = (
    *(
        "sendSmsCode",
        "register",
        "resetPassword",
        "beginOutsideLogin",
        "logIn",
        "sendRegisterCode",
        "registerOnPc",
    ),
    *("beginPortalLogin", "startPortalSession", "beginConsoleLogin", "startConsoleSession", "openSetUp"),
    *("createRequest", "apply", "makeKey", "scan", "finishSigning", "decline", "bind", "askInternally"),
)
_CALLS: Final = 60_000
"""Function calls allowed for answering a call, including our own checks of the answer."""


@dataclass(frozen=True, slots=True)
class Served:
    """The application, called from synchronous tests such as Hypothesis'."""

    application: Application
    run: Callable[[Coroutine[Any, Any, Any]], Any]


@contextmanager
def _serving(url: str, folder: Path, clock: Clock) -> Iterator[Served]:
    with asyncio.Runner() as runner:
        manager = running(url, folder, clock)
        application = runner.run(manager.__aenter__())
        yield Served(application, runner.run)
        runner.run(manager.__aexit__(None, None, None))


@pytest.fixture
def served(database_url: str, tmp_path: Path, clock: Clock) -> Iterator[Served]:
    """The application on each kind of database."""
    with _serving(database_url, tmp_path, clock) as made:
        yield made


@pytest.fixture
def served_by_sqlite(sqlite_url: str, tmp_path: Path, clock: Clock) -> Iterator[Served]:
    """The application on SQLite, if the database doesn't matter."""
    with _serving(sqlite_url, tmp_path, clock) as made:
        yield made


# ---- bodies ----


@dataclass(frozen=True, slots=True)
class _Operation:
    method: str
    path: str
    is_open: bool
    body: bytes = field(repr=False)


def _operations() -> dict[str, _Operation]:
    found = {}
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            if operation["operationId"] in _OPERATIONS:
                examples = operation["requestBody"]["content"]["application/json"]["examples"]
                body = json.dumps(next(iter(examples.values()))["value"]).encode()
                plain = path.replace("{uid}", "0" * 32).replace("{request_id}", "0" * 32)
                found[operation["operationId"]] = _Operation(
                    method.upper(), plain, not operation.get("security"), body
                )
    return found


@st.composite
def _calls(draw: st.DrawFn, operations: dict[str, _Operation]) -> bytes:
    """Draws an operation's name, a newline and a body."""
    name = draw(st.sampled_from(_OPERATIONS))
    return name.encode() + b"\n" + draw(mutations.json_text([operations[name].body]))


def test_any_body_gets_a_documented_answer(served: Served) -> None:
    application = served.application
    served.run(application.registered())
    device = served.run(application.logged_in())
    operations = _operations()

    def check(data: bytes) -> None:
        name, _, body = data.partition(b"\n")
        application.clock.advance(seconds=1)
        with bounded(body, calls=_CALLS, octets=8 << 20, per_octet=200):
            answer = served.run(_send(application, device, operations[name.decode()], name.decode(), body))
        assert answer.status_code < _FAILED, answer.text

    fuzz("bodies", _calls(operations), check, examples=60)


async def _send(
    application: Application, device: Device, operation: _Operation, name: str, body: bytes
) -> httpx.Response:
    method, path = operation.method, operation.path
    if name == "createRequest":
        auth = httpx.BasicAuth(application.client_id, application.client_secret)
        return await application.http.request(method, path, content=body, auth=auth)
    if not operation.is_open:
        return await device.send(method, path, body, device.proof(method, path, body))
    headers = {"Content-Type": "application/json"}
    if name in _PROVED:
        headers["DPoP"] = application.device().proof(method, path, body)
    return await application.http.request(method, path, content=body, headers=headers)


# ---- signed tokens ----


def _token(data: bytes) -> bytes:
    """Signs header and claims; anything but two lines is used as it is."""
    header, line, claims = data.partition(b"\n")
    if not line:
        return data
    signed = f"{base64url(header)}.{base64url(claims)}"
    return f"{signed}.{base64url(_KEY.sign_jws(signed.encode()))}".encode()


def _tokens(header: bytes, claims: bytes) -> st.SearchStrategy[bytes]:
    two = st.tuples(mutations.json_text([header]), mutations.json_text([claims])).map(b"\n".join)
    whole = f"{base64url(header)}.{base64url(claims)}.{base64url(bytes(64))}".encode()
    return two | two | mutations.changed([whole, whole.replace(b".", b"..")])


def _fuzz_tokens(
    name: str, header: dict[str, Any], claims: dict[str, Any], check: Callable[[bytes], None]
) -> None:
    operation_of("POST", "/")  # builds the document, whose cost isn't a call's
    parts = json.dumps(header).encode(), json.dumps(claims).encode()
    for changed in mutations.each_value(parts[0]):
        check(changed + b"\n" + parts[1])
    for changed in mutations.each_value(parts[1]):
        check(parts[0] + b"\n" + changed)
    fuzz(name, _tokens(*parts), check, examples=30)


def _claims(token: bytes) -> dict[str, Any]:
    """Decodes the claims leniently, like a caller who trusts the service's answer."""
    part = token.split(b".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + b"=="))
    return claims


def test_any_device_proof_is_accepted_or_refused(served_by_sqlite: Served) -> None:
    application = served_by_sqlite.application
    login = _operations()["logIn"]
    path, body = login.path, login.body
    right = proof(_KEY, method="POST", url=ORIGIN + path, body=body, now=START)
    claims = _claims(right.encode()) | {"jti": "one"}
    must = {"htm": "POST", "htu": ORIGIN + path, "bd": base64url(hashlib.sha256(body).digest())}

    def check(data: bytes) -> None:
        token = _token(data)
        application.context.proofs_once._taken.clear()
        headers = [(b"content-type", b"application/json"), (b"dpop", token)]
        with bounded(data, calls=_CALLS, octets=8 << 20, per_octet=200):
            answer = served_by_sqlite.run(
                application.http.request("POST", path, content=body, headers=headers)
            )
        assert answer.status_code < _FAILED, answer.text
        if (
            answer.json()["code"] != "invalid_proof"
        ):  # except for the captcha, which is checked after the proof
            assert len(token) <= MAX_PROOF, answer.text
            assert _claims(token).items() >= must.items()
            assert (
                abs(_claims(token)["iat"] * 1000 - START)
                <= 1000 * application.context.settings.signing.dpop_seconds
            )

    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": _KEY.jwk()}
    _fuzz_tokens("proofs", header, claims, check)


def test_any_client_assertion_is_accepted_or_refused(served_by_sqlite: Served) -> None:
    application = served_by_sqlite.application
    client_id = application.client_id
    keys = json.dumps({"keys": [ECKey.import_key(_KEY.to_pem()).as_dict(private=False)]})
    served_by_sqlite.run(Client(application).register(auth_method=PRIVATE_KEY_JWT, jwks=keys))
    application.clock.advance(seconds=6)  # until the cache of clients expires
    now = application.clock() // 1000
    claims = {"iss": "CLIENT", "sub": "CLIENT", "aud": ORIGIN, "exp": now + 60, "iat": now, "jti": "one"}

    def check(data: bytes) -> None:
        token = _token(data.replace(b"CLIENT", client_id.encode()))
        form = {
            "grant_type": "authorization_code",
            "code": "x" * 43,
            "code_verifier": "v" * 43,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": token.decode("latin-1"),
        }
        with bounded(data, calls=_CALLS, octets=8 << 20, per_octet=200):
            answer = served_by_sqlite.run(application.http.post("/oidc/token", data=form))
        assert answer.status_code in {400, 401}, answer.text
        if answer.json()["error"] == "invalid_grant":  # the code, which is checked after the client
            said = _claims(token)
            assert (said["iss"], said["sub"], said["aud"]) == (client_id, client_id, ORIGIN)
            assert now - 30 <= said["exp"] <= now + 330

    _fuzz_tokens("assertions", {"alg": "ES256"}, claims, check)

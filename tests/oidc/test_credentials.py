"""Client authentication: only by the registered method; an assertion is valid once and briefly."""

import base64
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from mshield.server.acts.actor import SERVICE
from mshield.server.runtime.security_log.log import LOGGER
from tests.oidc.client import Client
from tests.support.application import ORIGIN, Application, running
from tests.support.clock import Clock
from tests.support.security_lines import lines_of, raw_lines, require_nobody

_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_CODE = {"grant_type": "authorization_code", "code": "x" * 43, "code_verifier": "v" * 43}


async def _error(application: Application, data: dict[str, str], **how: Any) -> tuple[int, str]:
    """Returns the answer to a wrong code: `invalid_grant` if the client was authenticated."""
    answer = await application.http.post("/oidc/token", data={**_CODE, **data}, **how)
    return answer.status_code, answer.json()["error"]


async def test_only_the_registered_authentication_is_accepted(
    application: Application, client: Client
) -> None:
    basic = {"auth": (application.client_id, application.client_secret)}
    post = {"client_id": application.client_id, "client_secret": application.client_secret}
    assert await _error(application, {}, **basic) == (400, "invalid_grant")
    assert await _error(application, post) == (401, "invalid_client")
    await client.register(auth_method="client_secret_post")
    application.clock.advance(seconds=6)
    assert await _error(application, {}, **basic) == (401, "invalid_client")
    assert await _error(application, post) == (400, "invalid_grant")


_HEADERS: Final = (
    "Basic",
    "Basic !!!",
    "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
    "Basic " + base64.b64encode(b"no colon").decode(),
    "Basic " + base64.b64encode(b"bs-unknown:x").decode(),
    "Basic " + base64.b64encode(b"\0a:x").decode(),
    "Bearer x",
)


async def test_wrong_credentials_are_refused(application: Application, client: Client) -> None:
    for header in _HEADERS:
        found = await _error(application, {}, headers={"Authorization": header})
        assert found == (401, "invalid_client"), header


async def test_wrong_credentials_are_in_the_security_log(
    application: Application, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    basic = {"auth": (application.client_id, application.client_secret)}
    await _error(application, {}, auth=(application.client_id, "wrong-secret"))
    await _error(application, {}, **basic)
    assert (await application.http.get("/oidc/userinfo", headers={"Authorization": "Bearer x"})).is_error
    assert (await application.http.get("/oidc/userinfo")).is_error
    assert [(line["event"], line["status"], line.get("code")) for line in lines_of(caplog)] == [
        ("login.refused", 401, "invalid_client"),
        ("login.refused", 400, "invalid_grant"),
        ("session.refused", 401, "invalid_token"),
        ("session.refused", 401, None),
    ]
    require_nobody(raw_lines(caplog), (), "wrong-secret", application.client_secret)


async def test_invalid_client_id_is_an_unknown_client(application: Application, client: Client) -> None:
    for client_id in ("\0", "bs-\0", "x" * 65, "单一窗口"):
        named = {"client_id": client_id, "client_secret": "x"}
        unknown = await _error(application, named | {"client_id": "bs-unknown"})
        assert await _error(application, named) == unknown, client_id


async def test_no_client_without_a_credential(application: Application, client: Client) -> None:
    assert await _error(application, {"client_id": application.client_id}) == (401, "invalid_client")


async def test_a_form_that_names_another_client_is_refused(application: Application, client: Client) -> None:
    basic = {"auth": (application.client_id, application.client_secret)}
    assert await _error(application, {"client_id": application.client_id}, **basic) == (400, "invalid_grant")
    assert await _error(application, {"client_id": "bs-other"}, **basic) == (400, "unauthorized_client")


async def test_a_repeated_parameter_is_refused(application: Application, client: Client) -> None:
    answer = await application.http.post(
        "/oidc/token",
        data={**_CODE, "code": ["x" * 43, "y" * 43]},
        auth=(application.client_id, application.client_secret),
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_clock_set_back_does_not_extend_the_client_cache(
    application: Application, client: Client
) -> None:
    basic = {"auth": (application.client_id, application.client_secret)}
    assert await _error(application, {}, **basic) == (400, "invalid_grant")
    application.clock.advance(seconds=-3600)
    await application.context.systems.manage.set_state(
        application.client_id, "disabled", reason="密钥泄露", by=SERVICE, now=application.clock()
    )
    assert await _error(application, {}, **basic) == (401, "invalid_client")


async def test_system_without_oidc_is_no_client(application: Application) -> None:
    auth = (application.client_id, application.client_secret)
    assert await _error(application, {}, auth=auth) == (401, "invalid_client")


class Signer:
    """A client with a key of its own."""

    def __init__(self, application: Application, key: Key, algorithm: str) -> None:
        self.application, self.key, self.algorithm = application, key, algorithm

    def form(self, key: Key | None = None, **changed: object) -> dict[str, str]:
        now = self.application.clock() // 1000
        claims: dict[str, Any] = {
            "iss": self.application.client_id,
            "sub": self.application.client_id,
            "aud": ORIGIN,
            "exp": now + 60,
            "iat": now,
            "jti": "one",
        }
        claims = {name: value for name, value in (claims | changed).items() if value is not None}
        made = jwt.encode({"alg": self.algorithm}, claims, key or self.key, algorithms=[self.algorithm])
        return {"client_assertion_type": _TYPE, "client_assertion": made}

    async def register(self, client: Client) -> None:
        keys = json.dumps({"keys": [self.key.as_dict(private=False)]})
        await client.register(auth_method="private_key_jwt", jwks=keys)
        self.application.clock.advance(seconds=6)


@pytest.fixture
async def signer(application: Application, client: Client) -> Signer:
    made = Signer(application, ECKey.generate_key("P-256"), "ES256")
    await made.register(client)
    return made


async def test_assertion_is_valid_once(application: Application, signer: Signer) -> None:
    assert await _error(application, signer.form()) == (400, "invalid_grant")
    assert await _error(application, signer.form()) == (401, "invalid_client")
    assert await _error(application, signer.form(jti="two")) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("make", "algorithm"),
    [
        (lambda: RSAKey.generate_key(2048), "PS256"),
        (lambda: RSAKey.generate_key(2048), "RS256"),
        (lambda: OKPKey.generate_key("Ed25519"), "Ed25519"),
    ],
    ids=["PS256", "RS256", "Ed25519"],
)
async def test_assertion_by_each_other_algorithm_is_accepted_once(
    application: Application, client: Client, make: Callable[[], Key], algorithm: str
) -> None:
    signer = Signer(application, make(), algorithm)
    await signer.register(client)
    assert await _error(application, signer.form()) == (400, "invalid_grant")
    assert await _error(application, signer.form(make(), jti="two")) == (401, "invalid_client")


async def test_assertion_by_an_unsupported_algorithm_is_refused(
    application: Application, signer: Signer
) -> None:
    head, _, rest = signer.form()["client_assertion"].partition(".")
    assert json.loads(base64.urlsafe_b64decode(head + "=="))["alg"] == "ES256"
    for algorithm in ("none", "HS256", "ES512"):
        forged = base64.urlsafe_b64encode(json.dumps({"alg": algorithm}).encode()).decode().rstrip("=")
        form = {"client_assertion_type": _TYPE, "client_assertion": f"{forged}.{rest}"}
        assert await _error(application, form) == (401, "invalid_client"), algorithm


_ASSERTIONS: Final[tuple[dict[str, Any], ...]] = (
    {"aud": "https://other.example"},
    {"aud": None},
    {"aud": [ORIGIN]},
    {"aud": [ORIGIN, "https://x.example"]},
    {"aud": f"{ORIGIN}/"},
    {"aud": f"{ORIGIN}/oidc/token"},
    {"aud": f"{ORIGIN}/oidc/par"},
    {"aud": f"{ORIGIN}/oidc/authorize"},
    {"iss": "bs-other"},
    {"iss": None},
    {"sub": "bs-unknown"},
    {"sub": None},
    {"sub": ["x"]},
    {"sub": "\0", "iss": "\0"},
    {"exp": None},
    {"exp": "soon"},
    {"jti": None},
    {"jti": 1},
)


async def test_wrong_assertions_are_refused(application: Application, signer: Signer) -> None:
    for changed in _ASSERTIONS:
        assert await _error(application, signer.form(**changed)) == (401, "invalid_client"), changed


async def test_addresses_as_audience_by_a_setting(database_url: str, tmp_path: Path, clock: Clock) -> None:
    async with running(database_url, tmp_path, clock, oidc_endpoint_audiences=True) as application:
        signer = Signer(application, ECKey.generate_key("P-256"), "ES256")
        await signer.register(Client(application))
        for path in ("", "/oidc/token", "/oidc/par"):
            form = signer.form(aud=ORIGIN + path, jti=path or "issuer")
            assert await _error(application, form) == (400, "invalid_grant"), path
        for audience in ([ORIGIN], f"{ORIGIN}/oidc/authorize"):
            assert await _error(application, signer.form(aud=audience, jti="x")) == (401, "invalid_client")


async def test_assertion_is_valid_only_in_its_time(application: Application, signer: Signer) -> None:
    now = application.clock() // 1000
    for expires in (now - 31, now + 331, 10**30):
        assert await _error(application, signer.form(exp=expires)) == (401, "invalid_client"), expires


async def test_assertion_by_another_key_is_refused(application: Application, signer: Signer) -> None:
    assert await _error(application, signer.form(ECKey.generate_key("P-256"))) == (401, "invalid_client")
    list_for_head = base64.b64encode(b'["alg"]').decode().rstrip("=")
    claims = base64.b64encode(json.dumps({"sub": application.client_id}).encode()).decode().rstrip("=")
    for made in (
        "x",
        "a.b.c",
        "e30.e30.",
        f"{list_for_head}.{claims}.AAAA",
        base64.b64encode(b"[" * 3000).decode() + ".e30.x",
    ):
        form = {"client_assertion_type": _TYPE, "client_assertion": made}
        assert await _error(application, form) == (401, "invalid_client"), made


async def test_a_client_with_a_key_has_no_secret(application: Application, signer: Signer) -> None:
    auth = httpx.BasicAuth(application.client_id, application.client_secret)
    assert await _error(application, {}, auth=auth) == (401, "invalid_client")

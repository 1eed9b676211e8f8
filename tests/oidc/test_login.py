"""A whole login by OpenID Connect: authorize, scan, PIN, code, tokens, userinfo; and its SM2 signature verifies."""

import base64
import hashlib
import json
import logging
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from joserfc.errors import JoseError

from mshield.client import verify
from mshield.server.oidc.rules import ACR
from mshield.server.runtime.security_log.events import LOGIN_ACCEPTED
from mshield.server.runtime.security_log.log import LOGGER
from mshield.server.systems.register import register_system
from mshield.testkit.demo.people import OPERATOR
from tests.oidc.client import Client, Page, scan, sent, sign
from tests.support.application import ORIGIN, Application, running
from tests.support.clock import Clock
from tests.support.security_lines import lines_of, raw_lines, require_nobody
from tests.support.shield_over_http import Shield

_MAX_ID_TOKEN = 3000
"""Maximum length of a token that ordinary clients still store in a cookie, in characters."""


async def test_r15_a_person_logs_in_by_scan(
    client: Client, browser: httpx.AsyncClient, shield: Shield, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    page = Page.of(await client.authorize(browser))
    shown = await scan(shield, page)
    assert shown["requester"] == {
        "client_id": client.application.client_id,
        "name": "单一窗口",
        "domain": "singlewindow.example",
        "pc_address": "203.0.113.24",
        "pc_browser": "Windows · Chrome 140",
    }
    await shield.sign(shown["tasks"])
    back = sent(await browser.get(page.done))
    assert back.keys() == {"code", "state", "iss"}
    assert (back["state"], back["iss"]) == ("a state", ORIGIN)

    answer = await client.token(back["code"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    tokens = answer.json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 600)
    assert tokens["scope"] == "openid profile mshield"
    assert "refresh_token" not in tokens
    assert len(tokens["id_token"]) < _MAX_ID_TOKEN

    (line,) = lines_of(caplog, LOGIN_ACCEPTED)
    assert (line["operation"], line["actor_kind"], line["actor"]) == (
        "issueTokens",
        "system",
        client.application.client_id,
    )
    require_nobody(raw_lines(caplog), (OPERATOR,), tokens["access_token"], back["code"])

    now = client.application.clock() // 1000
    claims = await client.claims(tokens["id_token"])
    assert claims["iss"] == ORIGIN
    assert claims["aud"] == client.application.client_id
    assert (claims["iat"], claims["exp"], claims["auth_time"]) == (now, now + 600, now)
    assert claims["nonce"] == "a nonce"
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]  # OpenID Connect Core, 3.1.3.6
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).decode().rstrip("=")
    assert (claims["acr"], claims["amr"]) == (ACR, ["pin", "swk", "mfa"])
    person = {
        "name": "林知远",
        "enterprise": "宁波北潮进出口有限公司",
        "credit_code": "91330206MA2XB7C1TW",
        "role": "operator",
    }
    assert {name: claims[name] for name in person} == person
    assert claims["shield_number"].startswith("MS")

    answer = await client.user_info(tokens["access_token"])
    assert answer.headers["cache-control"] == "no-store"
    known = answer.json()
    assert {name: known[name] for name in person} == person
    assert known["sub"] == claims["sub"]
    assert known["mshield_login"]["message_b64"] == claims["mshield_login"]["message_b64"]


async def test_the_signature_in_the_token_verifies_and_names_the_client(
    client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    page = Page.of(await client.authorize(browser))
    await sign(shield, page)
    tokens = (await client.token(sent(await browser.get(page.done))["code"])).json()
    login = (await client.claims(tokens["id_token"]))["mshield_login"]
    known = (await client.user_info(tokens["access_token"])).json()["mshield_login"]
    message = base64.b64decode(login["message_b64"])
    verified = verify(
        message=message,
        signature=base64.b64decode(login["signature_b64"]),
        certificate=base64.b64decode(known["certificate_b64"]),
        chain=[base64.b64decode(each) for each in known["chain_b64"]],
        roots=[(await client.application.http.get("/pki/root.cer")).content],
        at=datetime.fromtimestamp(client.application.clock() / 1000, UTC),
        crl=(await client.application.http.get("/pki/issuing.crl")).content,
        expected_credit_code="91330206MA2XB7C1TW",
    )
    assert verified.name == "林知远"
    signed = json.loads(message)
    assert signed["client_id"] == client.application.client_id
    assert signed["request_id"] == page.request_id
    assert signed["type"] == "mshield-login/v1"


async def test_scopes_select_the_claims(client: Client, browser: httpx.AsyncClient, shield: Shield) -> None:
    page = Page.of(await client.authorize(browser, scope="openid email"))
    await sign(shield, page)
    tokens = (await client.token(sent(await browser.get(page.done))["code"])).json()
    assert tokens["scope"] == "openid"
    known = (await client.user_info(tokens["access_token"])).json()
    assert known.keys() == {"sub", "acr", "amr", "mshield_login"}
    assert known["mshield_login"].keys() == {"message_b64", "signature_b64"}
    claims = await client.claims(tokens["id_token"])
    assert not claims.keys() & {"name", "enterprise", "credit_code", "role", "shield_number"}


async def test_after_a_leak_only_the_new_keys_tokens_verify(
    application: Application, client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    tokens = []
    for _ in range(2):
        page = Page.of(await client.authorize(browser))
        await sign(shield, page)
        tokens.append((await client.token(sent(await browser.get(page.done))["code"])).json()["id_token"])
        await client.claims(tokens[-1])
        if len(tokens) == 1:
            await application.context.oidc.keys.rotate(application.clock(), at_once=True)
            application.clock.advance(seconds=31)
    assert (await client.claims(tokens[1]))["nonce"] == "a nonce"
    with pytest.raises(JoseError):
        await client.claims(tokens[0])


async def test_sub_is_stable_and_reveals_nothing(
    application: Application, client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    subjects = set()
    for _ in range(2):
        page = Page.of(await client.authorize(browser))
        await sign(shield, page)
        tokens = (await client.token(sent(await browser.get(page.done))["code"])).json()
        subjects.add((await client.claims(tokens["id_token"]))["sub"])
        application.clock.advance(seconds=31)  # time for the key's next session
    (subject,) = subjects
    assert len(subject) == 43


async def test_pairwise_sub_differs_per_business_system(
    database_url: str, tmp_path: Path, clock: Clock
) -> None:
    async with running(database_url, tmp_path, clock, oidc_subjects="pairwise") as application:
        assert (await application.http.get("/.well-known/openid-configuration")).json()[
            "subject_types_supported"
        ] == ["pairwise"]
        await application.registered()
        shield = Shield(application, await application.logged_in())
        await shield.enrol()
        subjects = []
        for turn in range(3):
            client = Client(application)
            if turn == 2:
                application.client_id, application.client_secret = await register_system(
                    application.context.db, name="报关大厅", domain="hall.example", now=application.clock()
                )
            await client.register()
            application.clock.advance(seconds=31)
            async with client.browser() as browser:
                page = Page.of(await client.authorize(browser))
                await sign(shield, page)
                tokens = (await client.token(sent(await browser.get(page.done))["code"])).json()
            subject = (await client.claims(tokens["id_token"]))["sub"]
            assert (await client.user_info(tokens["access_token"])).json()["sub"] == subject
            subjects.append(subject)
        assert subjects[0] == subjects[1] != subjects[2]
        assert len(subjects[2]) == 43

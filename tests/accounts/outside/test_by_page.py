"""R2: accounts of outside systems log in at those systems' own page (OpenID Connect)."""

import json
from typing import Any

import pytest
from joserfc.jwk import ECKey

from tests.accounts.outside.calls import begin, find_account, finish, log_in, through_the_page
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.cases import cases
from tests.support.clock import Clock
from tests.support.oidc_provider import CLIENT_ID, PERSON, Provider
from tests.support.outside_systems import AccountOffice, Reply


async def test_r2_the_sources_are_listed(application: Application) -> None:
    listed = (await application.http.get("/api/phone/account-sources")).json()["items"]
    assert [(each["name"], each["kind"], each["title_zh"]) for each in listed] == [
        ("single-window", "password", "单一窗口"),
        ("customs", "page", "互联网+海关"),
    ]


async def test_r2_an_account_of_internet_customs_logs_in_at_its_page(
    application: Application, provider: Provider
) -> None:
    device = application.device()
    answer = await through_the_page(device, provider)
    assert answer.status_code == 201, answer.text
    device.token = answer.json()["access_token"]
    assert (await device.call("GET", "/api/phone/me")).json()["account"]["name"] == "林知远"
    account = await find_account(application)
    assert account is not None
    assert (account.source, account.external_id) == ("customs", PERSON["sub"])


@pytest.mark.parametrize("page", ["/authorize?realm=%E6%B5%B7&v=2", "/authorize?realm", "/authorize?"])
async def test_a_query_of_the_login_page_is_kept(
    application: Application, provider: Provider, page: str
) -> None:
    provider.page = page
    assert (await through_the_page(application.device(), provider)).status_code == 201


async def test_claims_in_the_token_need_no_userinfo(application: Application, provider: Provider) -> None:
    provider.in_token = frozenset(PERSON)
    assert (await through_the_page(application.device(), provider)).status_code == 201
    assert provider.server is not None
    assert "/userinfo" not in {asked.path for asked in provider.server.asked}


async def test_state_is_valid_once_on_its_phone_and_expires(
    application: Application, provider: Provider, clock: Clock
) -> None:
    device, other = application.device(), application.device()
    begun = (await begin(device)).json()
    code, state = provider.log_in_at(begun["address"])
    wrong = state[:-2] + ("BB" if state[-2:] == "AA" else "AA")
    failures = [await finish(other, state, code), await finish(device, wrong, code)]
    assert (await finish(device, state, code)).status_code == 201
    code, _ = provider.log_in_at(begun["address"])
    failures.append(await finish(device, state, code))
    begun = (await begin(device)).json()
    code, state = provider.log_in_at(begun["address"])
    clock.advance(seconds=600)
    failures += [await finish(device, state, code), await finish(device, "x" * 1024, code)]
    assert {(each.status_code, each.json()["code"]) for each in failures} == {(401, "login_failed")}


async def test_code_of_another_login_is_refused(application: Application, provider: Provider) -> None:
    device = application.device()
    first, second = (await begin(device)).json(), (await begin(device)).json()
    stolen, _ = provider.log_in_at(first["address"])
    answer = await finish(device, second["state"], stolen)
    assert_refused(answer, "login_failed", 401)
    assert await find_account(application) is None


def _with(**changed: Any) -> Any:
    return lambda claims: {name: value for name, value in {**claims, **changed}.items() if value is not None}


@cases(
    "forge",
    [
        _with(iss="https://elsewhere.example"),
        _with(aud="another client"),
        _with(aud=[CLIENT_ID, "another client"], azp="another client"),
        _with(nonce="another login"),
        _with(nonce=None),
        _with(exp=1_700_000_000),
        _with(exp=None),
        _with(sub=None),
        _with(iat=2_000_000_000),
    ],
    ids=["iss", "aud", "azp", "nonce", "no nonce", "expired", "no exp", "no sub", "future"],
)
async def test_a_token_that_is_not_for_this_login_is_refused(
    application: Application, provider: Provider, forge: Any
) -> None:
    provider.forge = forge
    answer = await through_the_page(application.device(), provider)
    assert_refused(answer, "account_source_unavailable", 424)
    assert await find_account(application) is None


async def test_a_token_of_another_key_is_refused_and_a_changed_key_is_fetched(
    application: Application, provider: Provider
) -> None:
    provider.signer = ECKey.generate_key("P-256", {"kid": "one"})
    assert (await through_the_page(application.device(), provider)).status_code == 424
    provider.signer = None
    assert (await through_the_page(application.device(), provider)).status_code == 201
    provider.key = ECKey.generate_key("P-256", {"kid": "two"})
    assert (await through_the_page(application.device(), provider)).status_code == 201


async def test_userinfo_about_somebody_else_is_refused(application: Application, provider: Provider) -> None:
    provider.userinfo_sub = "u-9"
    assert (await through_the_page(application.device(), provider)).status_code == 424
    assert await find_account(application) is None


@pytest.mark.parametrize("missing", ["name", "id_number", "phone_number", "id_type"])
async def test_provider_must_name_itself(application: Application, provider: Provider, missing: str) -> None:
    del provider.person[missing]
    answer = await through_the_page(application.device(), provider)
    assert_refused(answer, "account_source_unavailable", 424)


@cases(
    "change",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://elsewhere.example/t"},
        {"token_endpoint": "https://elsewhere.example/t?v=2"},
        {"userinfo_endpoint": "https://elsewhere.example/u?v=2"},
        {"authorization_endpoint": "http://elsewhere.example/a?v=2"},
        {"authorization_endpoint": "https://elsewhere.example/a?v=2#part"},
        {"jwks_uri": 7},
    ],
)
async def test_impossible_provider_document_is_refused(
    application: Application, provider: Provider, change: dict[str, object]
) -> None:
    assert provider.server is not None
    body = json.dumps({**provider.metadata(), **change}).encode()
    provider.server.next[:] = [Reply(200, body)]
    answer = await begin(application.device())
    assert_refused(answer, "account_source_unavailable", 424)


async def test_redirects_to_the_page_are_limited(application: Application) -> None:
    codes = [(await begin(application.device())).status_code for _ in range(61)]
    assert codes == [201] * 60 + [429]


async def test_r7_page_login_of_another_account_is_refused_on_a_phone_that_applied(
    application: Application, provider: Provider, office: AccountOffice
) -> None:
    from tests.support.shield_over_http import Shield

    device = application.device()
    device.token = (await log_in(application, device)).json()["access_token"]
    await Shield(application, device).enrol()
    device.token = None
    provider.person |= {
        "phone_number": "13900001234", "id_number": "330206197403183014", "name": "顾承岳",
    }  # fmt: skip
    answer = await through_the_page(device, provider)
    assert_refused(answer, "other_account", 403)

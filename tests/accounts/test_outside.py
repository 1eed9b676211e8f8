"""R2: accounts of outside systems log in as they are, by password over HTTP or at a page (OpenID Connect)."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey
from pydantic import SecretStr

from mshield.demo.people import OPERATOR
from mshield.services.accounts.outside_login import RETURN_PATH
from mshield.settings import AccountSource
from mshield.store.accounts import accounts as store
from tests.support.application import ORIGIN, Application, Device, running
from tests.support.assertions import assert_refused
from tests.support.clock import Clock
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, PERSON, Provider, providing
from tests.support.outside_systems import PASSWORD, SECRET, USER, AccountOffice, OutsideServer, Reply, serving


@pytest.fixture
def office() -> AccountOffice:
    return AccountOffice()


@pytest.fixture
def server(office: AccountOffice) -> Iterator[OutsideServer]:
    with serving(office) as made:
        yield made


@pytest.fixture
def provider(clock: Clock) -> Iterator[Provider]:
    with providing(ORIGIN + RETURN_PATH, clock=clock) as made:
        yield made


@pytest.fixture
async def application(
    database_url: str, tmp_path: Path, clock: Clock, server: OutsideServer, provider: Provider
) -> AsyncIterator[Application]:
    sources = (
        AccountSource(
            name="single-window", kind="http", title_zh="单一窗口", title_en="Single Window", url=server.url,
            secret=SecretStr(SECRET), seconds=5,
        ),
        AccountSource(
            name="customs", kind="oidc", title_zh="互联网+海关", title_en="Internet+Customs", url=provider.issuer,
            client_id=CLIENT_ID, secret=SecretStr(CLIENT_SECRET), seconds=5,
        ),
    )  # fmt: skip
    async with running(database_url, tmp_path, clock, account_sources=sources) as made:
        yield made


async def _log_in(
    application: Application,
    device: Device,
    *,
    account: str = "lin",
    password: str = PASSWORD,
    **changed: Any,
) -> httpx.Response:
    captcha = (await application.http.post("/api/phone/captchas")).json()["captcha_id"]
    document = {
        "account": account,
        "password": password,
        "captcha_id": captcha,
        "captcha": (await application.http.get(f"/dev/captchas/{captcha}")).json()["answer"],
        "source": "single-window",
        **changed,
    }
    return await device.call("POST", "/api/phone/sessions", document)


async def _begin(device: Device, source: str = "customs") -> httpx.Response:
    return await device.call("POST", "/api/phone/outside-logins", {"source": source})


async def _finish(device: Device, state: str, code: str) -> httpx.Response:
    return await device.call("POST", "/api/phone/outside-logins/finish", {"state": state, "code": code})


async def _through_the_page(device: Device, provider: Provider) -> httpx.Response:
    begun = await _begin(device)
    assert begun.status_code == 201, begun.text
    code, state = provider.log_in_at(begun.json()["address"])
    assert state == begun.json()["state"]
    return await _finish(device, state, code)


async def _account(application: Application, phone: str = OPERATOR.phone) -> store.Account | None:
    return await store.find_account(application.context.db, phone=phone)


# ---- by password ----


async def test_r2_an_account_of_the_single_window_logs_in_as_it_is(
    application: Application, server: OutsideServer
) -> None:
    device = application.device()
    answer = await _log_in(application, device)
    assert answer.status_code == 201, answer.text
    assert answer.json()["account"] == {
        "name": "林知远",
        "phone_masked": "138****6027",
        "id_type": "resident_id",
    }
    device.token = answer.json()["access_token"]
    assert (await device.call("GET", "/api/phone/me")).status_code == 200
    account = await _account(application)
    assert account is not None
    assert (account.source, account.external_id, account.password_hash) == ("single-window", "u-7", "")
    assert [asked.document for asked in server.asked] == [{"account": "lin", "password": PASSWORD}]


async def test_r2_and_applies_for_a_certificate(application: Application) -> None:
    device = application.device()
    device.token = (await _log_in(application, device)).json()["access_token"]
    form = await application.application_form(device)
    assert (await device.call("POST", "/api/phone/enrolments", form)).status_code == 201


async def test_first_logins_at_once_make_one_account(application: Application) -> None:
    answers = await asyncio.gather(*(_log_in(application, application.device()) for _ in range(5)))
    assert {each.status_code for each in answers} == {201}
    account = await _account(application)
    assert account is not None
    assert account.external_id == "u-7"


async def test_what_changes_there_is_followed_here(application: Application, office: AccountOffice) -> None:
    await _log_in(application, application.device())
    first = await _account(application)
    office.users["lin"] |= {"name": "林志远", "phone": "+86 139 0000 1234"}
    assert (await _log_in(application, application.device())).status_code == 201
    assert await _account(application) is None
    account = await _account(application, "13900001234")
    assert account is not None
    assert first is not None
    assert (account.id, account.name) == (first.id, "林志远")


async def test_a_wrong_password_there_is_told_as_here(
    application: Application, server: OutsideServer
) -> None:
    answers = [
        await _log_in(application, application.device(), **wrong)
        for wrong in ({"password": "x"}, {"account": "nobody"}, {"source": None})
    ]
    assert {(each.status_code, each.json()["code"]) for each in answers} == {(401, "login_failed")}
    assert len(server.asked) == 2
    assert await _account(application) is None


async def test_captcha_and_throttle_come_before_the_outside_system(
    application: Application, server: OutsideServer
) -> None:
    device = application.device()
    assert_refused(await _log_in(application, device, captcha="----"), "captcha_wrong")
    assert server.asked == []
    codes = [(await _log_in(application, device, password="x")).json()["code"] for _ in range(7)]
    assert codes[:4] == ["login_failed"] * 4
    assert codes[-1] == "login_slowed"
    asked = len(server.asked)
    assert asked < 7
    assert_refused(await _log_in(application, device), "login_slowed")
    assert len(server.asked) == asked
    # Another account there, and one of the same name here, are counted by themselves.
    assert_refused(await _log_in(application, device, account="other"), "login_failed")


async def test_an_unknown_source_is_refused(application: Application, server: OutsideServer) -> None:
    for source in ("customs", "elsewhere"):
        answer = await _log_in(application, application.device(), source=source)
        assert_refused(answer, "invalid_request", 422)
    assert_refused(await _begin(application.device(), "single-window"), "invalid_request")
    assert server.asked == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id_number": "330206199001014218"}, "account_data_refused"),
        ({"id_type": "card"}, "account_data_refused"),
        ({"phone": "02087654321"}, "account_data_refused"),
        ({"name": "<b>林"}, "account_data_refused"),
        ({"external_id": ""}, "account_data_refused"),
        ({"external_id": "7\x00"}, "account_data_refused"),
        ({"external_id": 7}, "account_source_unavailable"),
        ({"more": "x"}, "account_source_unavailable"),
    ],
)
async def test_what_no_registration_would_take_makes_no_account(
    application: Application, office: AccountOffice, change: dict[str, Any], code: str
) -> None:
    office.users["lin"] |= change
    answer = await _log_in(application, application.device())
    assert_refused(answer, code, 424)
    assert "单一窗口" in answer.json()["zh"]
    assert await _account(application) is None


@pytest.mark.parametrize(
    "reply", [Reply(503), Reply(cut=True), Reply(401), Reply(200, b"yes"), Reply(seconds=20)]
)
async def test_an_outage_is_told_and_the_password_sent_once(
    application: Application, server: OutsideServer, reply: Reply
) -> None:
    server.next[:] = [reply]
    answer = await _log_in(application, application.device())
    assert_refused(answer, "account_source_unavailable", 424)
    assert len(server.asked) == 1
    assert (await _log_in(application, application.device())).status_code == 201


async def test_a_registration_of_the_same_person_becomes_the_outside_account(
    application: Application,
) -> None:
    await application.registered()
    before = await _account(application)
    assert (await _log_in(application, application.device())).status_code == 201
    after = await _account(application)
    assert before is not None
    assert after is not None
    assert (after.id, after.source) == (before.id, "single-window")
    own = await _log_in(
        application, application.device(), account=OPERATOR.phone, password=OPERATOR.password, source=None
    )
    assert_refused(own, "login_failed", 401)


async def test_nobody_gets_the_account_of_another_by_a_phone_number(
    application: Application, office: AccountOffice
) -> None:
    await application.registered()
    office.users["lin"] |= {"id_number": "330206197403183014", "name": "顾承岳"}
    answer = await _log_in(application, application.device())
    assert_refused(answer, "account_differs", 409)
    account = await _account(application)
    assert account is not None
    assert (account.source, account.name) == ("local", "林知远")


async def test_an_outside_account_never_becomes_another_person(
    application: Application, office: AccountOffice
) -> None:
    await _log_in(application, application.device())
    office.users["lin"] |= {"id_number": "330206197403183014", "name": "顾承岳"}
    assert_refused(await _log_in(application, application.device()), "account_differs")
    office.users["lin"] = {**USER, "external_id": "u-8"}
    assert_refused(await _log_in(application, application.device()), "account_differs")


async def test_two_outside_accounts_never_share_a_number(
    application: Application, office: AccountOffice
) -> None:
    await _log_in(application, application.device())
    office.users["gu"] = {
        **USER, "external_id": "u-8", "phone": "13900001234", "id_number": "330206197403183014", "name": "顾承岳",
    }  # fmt: skip
    assert (await _log_in(application, application.device(), account="gu")).status_code == 201
    office.users["gu"]["phone"] = OPERATOR.phone
    assert (await _log_in(application, application.device(), account="gu")).json()[
        "code"
    ] == "account_differs"


async def test_a_legal_person_of_the_single_window_comes_into_the_portal(
    application: Application, office: AccountOffice
) -> None:
    office.users["gu"] = {
        **USER, "external_id": "u-8", "phone": "13900005011", "id_number": "330206197403183014", "name": "顾承岳",
    }  # fmt: skip
    for account, status in (("gu", 201), ("lin", 403)):
        captcha = (await application.http.post("/api/portal/captchas")).json()["captcha_id"]
        document = {
            "account": account,
            "password": PASSWORD,
            "captcha_id": captcha,
            "captcha": (await application.http.get(f"/dev/captchas/{captcha}")).json()["answer"],
            "source": "single-window",
        }
        begun = await application.http.post("/api/portal/logins", json=document)
        assert begun.status_code == status, begun.text


# ---- at a page ----


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
    answer = await _through_the_page(device, provider)
    assert answer.status_code == 201, answer.text
    device.token = answer.json()["access_token"]
    assert (await device.call("GET", "/api/phone/me")).json()["account"]["name"] == "林知远"
    account = await _account(application)
    assert account is not None
    assert (account.source, account.external_id) == ("customs", PERSON["sub"])


@pytest.mark.parametrize("page", ["/authorize?realm=%E6%B5%B7&v=2", "/authorize?realm", "/authorize?"])
async def test_a_query_of_the_login_page_is_kept(
    application: Application, provider: Provider, page: str
) -> None:
    provider.page = page
    assert (await _through_the_page(application.device(), provider)).status_code == 201


async def test_claims_in_the_token_need_no_userinfo(application: Application, provider: Provider) -> None:
    provider.in_token = frozenset(PERSON)
    assert (await _through_the_page(application.device(), provider)).status_code == 201
    assert provider.server is not None
    assert "/userinfo" not in {asked.path for asked in provider.server.asked}


async def test_a_state_is_good_once_on_its_phone_and_for_a_while(
    application: Application, provider: Provider, clock: Clock
) -> None:
    device, other = application.device(), application.device()
    begun = (await _begin(device)).json()
    code, state = provider.log_in_at(begun["address"])
    wrong = state[:-2] + ("BB" if state[-2:] == "AA" else "AA")
    failures = [await _finish(other, state, code), await _finish(device, wrong, code)]
    assert (await _finish(device, state, code)).status_code == 201
    code, _ = provider.log_in_at(begun["address"])
    failures.append(await _finish(device, state, code))
    begun = (await _begin(device)).json()
    code, state = provider.log_in_at(begun["address"])
    clock.advance(seconds=600)
    failures += [await _finish(device, state, code), await _finish(device, "x" * 1024, code)]
    assert {(each.status_code, each.json()["code"]) for each in failures} == {(401, "login_failed")}


async def test_a_code_of_another_login_is_worth_nothing(application: Application, provider: Provider) -> None:
    device = application.device()
    first, second = (await _begin(device)).json(), (await _begin(device)).json()
    stolen, _ = provider.log_in_at(first["address"])
    answer = await _finish(device, second["state"], stolen)
    assert_refused(answer, "login_failed", 401)
    assert await _account(application) is None


def _with(**changed: Any) -> Any:
    return lambda claims: {name: value for name, value in {**claims, **changed}.items() if value is not None}


@pytest.mark.parametrize(
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
    answer = await _through_the_page(application.device(), provider)
    assert_refused(answer, "account_source_unavailable", 424)
    assert await _account(application) is None


async def test_a_token_of_another_key_is_refused_and_a_changed_key_is_fetched(
    application: Application, provider: Provider
) -> None:
    provider.signer = ECKey.generate_key("P-256", {"kid": "one"})
    assert (await _through_the_page(application.device(), provider)).status_code == 424
    provider.signer = None
    assert (await _through_the_page(application.device(), provider)).status_code == 201
    provider.key = ECKey.generate_key("P-256", {"kid": "two"})
    assert (await _through_the_page(application.device(), provider)).status_code == 201


async def test_userinfo_about_somebody_else_is_refused(application: Application, provider: Provider) -> None:
    provider.userinfo_sub = "u-9"
    assert (await _through_the_page(application.device(), provider)).status_code == 424
    assert await _account(application) is None


@pytest.mark.parametrize("missing", ["name", "id_number", "phone_number", "id_type"])
async def test_a_provider_must_tell_who_it_is(
    application: Application, provider: Provider, missing: str
) -> None:
    del provider.person[missing]
    answer = await _through_the_page(application.device(), provider)
    assert_refused(answer, "account_source_unavailable", 424)


@pytest.mark.parametrize(
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
async def test_a_document_that_cannot_be_is_refused(
    application: Application, provider: Provider, change: dict[str, object]
) -> None:
    assert provider.server is not None
    body = json.dumps({**provider.metadata(), **change}).encode()
    provider.server.next[:] = [Reply(200, body)]
    answer = await _begin(application.device())
    assert_refused(answer, "account_source_unavailable", 424)


async def test_ways_to_the_page_are_counted(application: Application) -> None:
    codes = [(await _begin(application.device())).status_code for _ in range(61)]
    assert codes == [201] * 60 + [429]


async def test_r7_the_page_lets_nobody_else_into_a_phone_that_applied(
    application: Application, provider: Provider, office: AccountOffice
) -> None:
    from tests.support.shield_over_http import Shield

    device = application.device()
    device.token = (await _log_in(application, device)).json()["access_token"]
    await Shield(application, device).enrol()
    device.token = None
    provider.person |= {
        "phone_number": "13900001234", "id_number": "330206197403183014", "name": "顾承岳",
    }  # fmt: skip
    answer = await _through_the_page(device, provider)
    assert_refused(answer, "other_account", 403)

"""A user of an outside account system with a freely typed profile: a victim's name, id number and phone.

No system gets an account of another source. A proof of its own account ends when it reports other data.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from mshield.server.accounts.outside_login import RETURN_PATH
from mshield.server.acts.actor import SERVICE
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR, Person
from tests.accounts.outside.calls import log_in, through_the_page
from tests.security.identity.test_other_enterprise import ELSEWHERE, impostor
from tests.security.identity.test_stranger import OWN_NUMBER, apply, file_phone, person_id
from tests.support.account_sources import both_sources
from tests.support.application import ORIGIN, Application, Device, running
from tests.support.assertions import assert_refused
from tests.support.captchas import answered_captcha
from tests.support.clock import Clock
from tests.support.oidc_provider import Provider, providing
from tests.support.outside_systems import PASSWORD, USER, AccountOffice, serving
from tests.support.portal import OWN, Browser
from tests.support.signing import fetch, statement

CLAIM: Final = "verified_here"
RECORD: Final = {"user_type": "operator", "credit_code": OWN}


@pytest.fixture
def office() -> AccountOffice:
    return AccountOffice()


@pytest.fixture
def provider(clock: Clock) -> Iterator[Provider]:
    with providing(ORIGIN + RETURN_PATH, clock=clock) as made:
        yield made


@pytest.fixture
async def application(
    database_url: str, tmp_path: Path, clock: Clock, office: AccountOffice, provider: Provider
) -> AsyncIterator[Application]:
    """The Single Window verifies nobody, which is the default; Internet+Customs reports whom it verified."""
    with serving(office) as server:
        sources = both_sources(server, provider, provider_claim=CLAIM)
        async with running(database_url, tmp_path, clock, account_sources=sources) as made:
            await file_phone(made, LEGAL_PERSON, LEGAL_PERSON.phone)
            await file_phone(made, OPERATOR, OPERATOR.phone)
            yield made


def profile(person: Person, **changes: Any) -> dict[str, Any]:
    """Returns a profile as typed at the outside system."""
    told = {
        "name": person.name,
        "id_type": "resident_id",
        "id_number": person.id_number,
        "phone": person.phone,
    }
    return {"external_id": "u-mallory", **told, **changes}


async def come_in(application: Application, account: str = "mallory") -> tuple[httpx.Response, Device]:
    device = application.device()
    answer = await log_in(application, device, account=account)
    if answer.status_code == 201:
        device.token = answer.json()["access_token"]
    return answer, device


async def account_of(application: Application, phone: str) -> dict[str, Any]:
    return dict(await fetch(application.context.db, "SELECT * FROM accounts WHERE phone = $1", phone))


async def standing(application: Application) -> list[str]:
    rows = await application.context.db.all(
        statement("SELECT way FROM identity_proofs WHERE ended_at IS NULL")
    )
    return sorted(row["way"] for row in rows)


async def begin_at_the_portal(application: Application, account: str) -> httpx.Response:
    shown = await answered_captcha(application.http, "/api/portal/captchas")
    document = {
        "account": account,
        "password": PASSWORD,
        **shown,
        "source": "single-window",
    }
    return await application.http.post("/api/portal/logins", json=document)


@pytest.mark.parametrize("phone", [LEGAL_PERSON.phone, OWN_NUMBER], ids=["the victim's number", "their own"])
async def test_outside_profile_gives_no_access_to_the_legal_persons_account(
    application: Application, office: AccountOffice, phone: str
) -> None:
    """The red team's attack E1: log in with the victim's number, then with one's own, then at the portal."""
    await application.registered(LEGAL_PERSON)
    await Browser.of(application).log_in()
    before = await account_of(application, LEGAL_PERSON.phone)
    for typed in (phone, OWN_NUMBER):
        office.users["mallory"] = profile(LEGAL_PERSON, phone=typed)
        await come_in(application)
    assert await account_of(application, LEGAL_PERSON.phone) == before
    assert_refused(await begin_at_the_portal(application, "mallory"), "identity_unproven", 403)
    _, device = await come_in(application)
    assert_refused(await apply(application, device, LEGAL_PERSON), "identity_unproven", 403)
    assert (await Browser.of(application).log_in())["enterprises"]


async def test_outside_profile_gives_no_access_to_an_unproven_account(
    application: Application, office: AccountOffice
) -> None:
    await application.registered(OPERATOR)
    before = await account_of(application, OPERATOR.phone)
    office.users["mallory"] = profile(OPERATOR)
    answer, _ = await come_in(application)
    assert_refused(answer, "account_here", 409)
    assert await account_of(application, OPERATOR.phone) == before
    await application.logged_in(OPERATOR)


async def test_outside_profile_gives_no_access_to_another_sources_account(
    application: Application, office: AccountOffice, provider: Provider
) -> None:
    provider.person |= {CLAIM: True}
    assert (await through_the_page(application.device(), provider)).status_code == 201
    before = await account_of(application, OPERATOR.phone)
    for external_id in ("u-mallory", before["external_id"]):
        office.users["mallory"] = profile(OPERATOR, external_id=external_id)
        answer, _ = await come_in(application)
        assert_refused(answer, "account_differs", 409)
    assert await account_of(application, OPERATOR.phone) == before


async def proven_there(application: Application, office: AccountOffice) -> Device:
    """Logs in to the operator's own account of the Single Window, proven by the filing office's code."""
    office.users["lin"] = dict(USER)
    _, device = await come_in(application, "lin")
    made = await application.context.identity.codes.make(
        await person_id(application, OPERATOR), by=SERVICE, now=application.clock()
    )
    used = await device.call("POST", "/api/phone/identity/codes", {"code": made.code})
    assert used.status_code == 201, used.text
    return device


@pytest.mark.parametrize("changed", [{"phone": OWN_NUMBER}, {"name": "林志远"}], ids=["number", "name"])
async def test_changed_outside_data_end_other_proofs(
    application: Application, office: AccountOffice, changed: dict[str, str]
) -> None:
    await proven_there(application, office)
    assert await standing(application) == ["filing_code"]
    office.users["lin"] |= changed
    answer, device = await come_in(application, "lin")
    assert answer.status_code == 201
    assert await standing(application) == []
    if "phone" in changed:
        assert_refused(await apply(application, device, OPERATOR), "identity_unproven", 403)
    acts = await application.context.db.all(statement("SELECT act, details FROM acts"))
    assert {"account.follow_source", "identity.end"} <= {row["act"] for row in acts}
    assert '"source_changed"' in next(str(row["details"]) for row in acts if row["act"] == "identity.end")
    await application.context.notices.notify(now=application.clock())
    told = (await application.http.get("/dev/sms.json")).json()
    assert OPERATOR.phone in {each["phone"] for each in told if each["purpose"] == "source_changed"}


async def test_unchanged_outside_data_keep_the_proof(application: Application, office: AccountOffice) -> None:
    await proven_there(application, office)
    _, device = await come_in(application, "lin")
    assert await standing(application) == ["filing_code"]
    assert (await apply(application, device, OPERATOR)).status_code == 201
    told = await fetch(
        application.context.db, "SELECT COUNT(*) AS n FROM notifications WHERE kind = 'source_changed'"
    )
    assert told["n"] == 0


async def test_verified_user_stays_proven_with_another_number(
    application: Application, provider: Provider
) -> None:
    provider.person |= {CLAIM: True}
    await through_the_page(application.device(), provider)
    provider.person |= {"phone_number": OWN_NUMBER}
    device = application.device()
    device.token = (await through_the_page(device, provider)).json()["access_token"]
    assert await standing(application) == ["outside"]
    assert (await apply(application, device, OPERATOR)).status_code == 201


async def test_number_changed_after_the_display_is_not_confirmed(
    application: Application, office: AccountOffice
) -> None:
    """The request shows the victim's number, so that it looks as filed; then the profile changes to another one."""
    await application.registered(LEGAL_PERSON)
    portal = Browser.of(application)
    await portal.log_in()
    office.users["mallory"] = profile(OPERATOR)
    _, device = await come_in(application)
    assert (await device.call("POST", "/api/phone/identity/requests", RECORD)).status_code == 201
    (shown,) = (await portal.get(f"/enterprises/{OWN}/applications")).json()["items"]
    office.users["mallory"]["phone"] = OWN_NUMBER
    await come_in(application)
    assert_refused(await portal.confirm(shown), "request_closed", 409)
    assert "legal_person" not in await standing(application)


async def test_another_enterprises_list_does_not_end_a_claim(
    application: Application, provider: Provider
) -> None:
    await impostor(application, OPERATOR)
    await file_phone(application, OPERATOR, None)
    provider.person |= {CLAIM: True}
    device = application.device()
    device.token = (await through_the_page(device, provider)).json()["access_token"]
    assert (await apply(application, device, OPERATOR)).status_code == 201
    assert_refused(
        await apply(application, device, replace(OPERATOR, credit_code=ELSEWHERE)), "identity_unproven", 403
    )

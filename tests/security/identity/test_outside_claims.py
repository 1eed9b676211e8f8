"""An outside system vouches for its users by the claim named in the settings, for one account of each only."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from mshield.server.accounts.outside_login import RETURN_PATH
from mshield.testkit.demo.people import OPERATOR
from tests.accounts.outside.calls import log_in, through_the_page
from tests.security.identity.test_stranger import apply, file_phone
from tests.support.account_sources import both_sources
from tests.support.application import ORIGIN, Application, Device, running
from tests.support.assertions import assert_refused
from tests.support.clock import Clock
from tests.support.oidc_provider import Provider, providing
from tests.support.outside_systems import USER, AccountOffice, serving
from tests.support.signing import fetch

CLAIM: Final = "urn:example:identity_verified"


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
    """Both the Single Window and Internet+Customs verify their users; no phone number is on file."""
    with serving(office) as server:
        sources = both_sources(server, provider, server_claim=CLAIM, provider_claim=CLAIM)
        async with running(database_url, tmp_path, clock, account_sources=sources) as made:
            await file_phone(made, OPERATOR, None)
            yield made


async def _come_in(application: Application, office: AccountOffice, **told: Any) -> Device:
    office.users["lin"] = {**USER, **told}
    device = application.device()
    answer = await log_in(application, device)
    assert answer.status_code == 201, answer.text
    device.token = answer.json()["access_token"]
    return device


async def test_user_verified_by_the_source_applies(application: Application, office: AccountOffice) -> None:
    device = await _come_in(application, office, **{CLAIM: True})
    assert (await apply(application, device, OPERATOR)).status_code == 201


async def test_user_verified_by_a_provider_page_applies(application: Application, provider: Provider) -> None:
    provider.person |= {CLAIM: True}
    device = application.device()
    answer = await through_the_page(device, provider)
    assert answer.status_code == 201, answer.text
    device.token = answer.json()["access_token"]
    assert (await apply(application, device, OPERATOR)).status_code == 201


@pytest.mark.parametrize("told", [{}, {CLAIM: False}, {CLAIM: "true"}, {CLAIM: 1}, {CLAIM: None}], ids=str)
async def test_claim_other_than_true_proves_nothing(
    application: Application, office: AccountOffice, told: dict[str, Any]
) -> None:
    device = await _come_in(application, office, **told)
    assert_refused(await apply(application, device, OPERATOR), "identity_unproven", 403)


@pytest.mark.parametrize("name", ["verified", "identity_verified"])
async def test_other_member_is_no_claim(application: Application, office: AccountOffice, name: str) -> None:
    office.users["lin"] = {**USER, name: True}
    answer = await log_in(application, application.device())
    assert_refused(answer, "account_source_unavailable")


async def test_withdrawn_claim_ends_the_proof(application: Application, office: AccountOffice) -> None:
    await _come_in(application, office, **{CLAIM: True})
    device = await _come_in(application, office, **{CLAIM: False})
    assert_refused(await apply(application, device, OPERATOR), "identity_unproven", 403)
    row = await fetch(
        application.context.db, "SELECT ended_reason FROM identity_proofs WHERE way = 'outside'"
    )
    assert row["ended_reason"] == "not_verified"


async def test_a_second_account_is_not_proven_by_a_claim(
    application: Application, office: AccountOffice, provider: Provider
) -> None:
    await _come_in(application, office, **{CLAIM: True})
    provider.person |= {CLAIM: True, "phone_number": "13612344321", "sub": "somebody else"}
    device = application.device()
    answer = await through_the_page(device, provider)
    assert answer.status_code == 201, answer.text
    device.token = answer.json()["access_token"]
    assert_refused(await apply(application, device, OPERATOR), "identity_unproven", 403)

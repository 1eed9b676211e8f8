"""The carrier's check (运营商核验): an outside service that may be wrong, late or fake; who may call it.

It proves only an operator's first account, with a number confirmed by an SMS code.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from pydantic import SecretStr

from mshield.server.identity.external.real_name import (
    Finding,
    HttpRealNameCheck,
    RealNameCheck,
    RealNameQuestion,
)
from mshield.server.runtime.external.call import MAX_ANSWER
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR, Person
from tests.support.application import Application, Device, running
from tests.support.assertions import assert_refused
from tests.support.clock import Clock
from tests.support.consent import RECORD, with_shield
from tests.support.outside_systems import SECRET, Carrier, OutsideServer, Reply, serving
from tests.support.portal import OWN
from tests.support.signing import execute, fetch, statement

PERSON: Final = replace(OPERATOR, phone="13612344321")
"""The operator with a number that isn't on file."""
PATH: Final = "/api/phone/identity/real-name"


@pytest.fixture
def carrier() -> Iterator[OutsideServer]:
    with serving(Carrier({PERSON.phone: (PERSON.name, PERSON.id_number)})) as made:
        yield made


@pytest.fixture
async def service(
    carrier: OutsideServer, database_url: str, tmp_path: Path, clock: Clock
) -> AsyncIterator[Application]:
    """A service that calls the carrier, with a timeout of two seconds."""
    settings: dict[str, object] = {
        "real_name_url": carrier.url,
        "real_name_secret": SecretStr(SECRET),
        "real_name_seconds": 2,
    }
    async with running(database_url, tmp_path, clock, **settings) as made:
        yield made


async def somebody(service: Application, person: Person = PERSON) -> Device:
    await service.registered(person)
    return await service.logged_in(person)


async def code(service: Application, device: Device) -> str:
    """Returns an SMS code sent to the account's number."""
    service.clock.advance(seconds=61)
    sent = await device.call("POST", "/api/phone/sms-codes", {"phone": None, "purpose": "apply"})
    assert sent.status_code == 202, sent.text
    return await service.sms_code("apply")


async def check(service: Application, device: Device, **changes: object) -> httpx.Response:
    """Calls the check, with the holder's consent and the code."""
    document: dict[str, Any] = {**RECORD, "sms_code": await code(service, device), "agreed": True, **changes}
    return await device.call("POST", PATH, document)


async def proofs(service: Application) -> object:
    row = await fetch(service.context.db, "SELECT COUNT(*) AS n FROM identity_proofs")
    return row["n"]


async def refusals(service: Application) -> list[str]:
    rows = await service.context.db.all(
        statement("SELECT details FROM acts WHERE act = 'identity.refuse' ORDER BY id")
    )
    return [str(row["details"]) for row in rows]


async def test_match_proves_the_operator_who_then_applies(
    service: Application, carrier: OutsideServer
) -> None:
    device = await somebody(service)
    ways = (await device.call("POST", "/api/phone/identity/ways", RECORD)).json()["items"]
    assert {"way": "real_name", "reason": None} in ways
    answer = await check(service, device)
    assert answer.status_code == 201, answer.text
    assert answer.json()["counts_from"] == service.clock()
    (asked,) = carrier.asked
    assert asked.document.keys() == {"question_id", "name", "id_type", "id_number", "phone"}
    assert (asked.document["name"], asked.document["phone"]) == (PERSON.name, PERSON.phone)
    (proof,) = (await device.call("GET", "/api/phone/identity")).json()["proofs"]
    assert (proof["way"], proof["credit_code"]) == ("real_name", OWN)
    form = await service.application_form(device)
    assert (await device.call("POST", "/api/phone/enrolments", form)).status_code == 201


@pytest.mark.parametrize(
    ("holder", "code_", "said"),
    [
        (("林某某", PERSON.id_number), "real_name_differs", "mismatch"),
        (None, "real_name_unknown", "unknown"),
    ],
    ids=["another holder", "no record"],
)
async def test_mismatch_proves_nothing_and_stores_no_data(
    service: Application, carrier: OutsideServer, holder: tuple[str, str] | None, code_: str, said: str
) -> None:
    carrier.answer = Carrier({} if holder is None else {PERSON.phone: holder})
    device = await somebody(service)
    answer = await check(service, device)
    assert_refused(answer, code_, 409)
    assert await proofs(service) == 0
    (noted,) = await refusals(service)
    assert f'"reason": "{said}"' in noted
    for secret in (PERSON.name, PERSON.id_number, PERSON.phone):
        assert secret not in noted
        assert secret not in answer.text


BAD: Final = {
    "another question's answer": Reply.of({"question_id": "0" * 32, "result": "match"}),
    "no question named": Reply.of({"result": "match"}),
    "a word that isn't one": Reply.of({"question_id": "0" * 32, "result": "MATCH"}),
    "more than was agreed": Reply.of({"question_id": "0" * 32, "result": "match", "holder": "林知远"}),
    "no JSON": Reply(body=b"match"),
    "not UTF-8": Reply(body=b'{"result": "\xff"}'),
    "without end": Reply(body=b" " * (MAX_ANSWER + 1)),
    "longer than its declared length": Reply(body=b"{}", headers={"Content-Length": "100"}),
    "a redirect": Reply(302, headers={"Location": "http://127.0.0.1:1/"}),
    "refused": Reply(401),
    "broken": Reply(500),
    "cut": Reply(cut=True),
    "late": Reply(seconds=20),
}


@pytest.mark.parametrize("reply", BAD.values(), ids=BAD)
async def test_invalid_carrier_answer_proves_nothing(
    service: Application, carrier: OutsideServer, reply: Reply
) -> None:
    device = await somebody(service)
    carrier.next[:] = [reply] * 3
    assert_refused(await check(service, device), "real_name_unavailable", 503)
    assert await proofs(service) == 0
    assert await refusals(service) == []
    carrier.next.clear()
    assert (await check(service, device)).status_code == 201


async def test_a_repeat_after_a_failure_is_the_same_question(
    service: Application, carrier: OutsideServer
) -> None:
    device = await somebody(service)
    carrier.next[:] = [Reply(503)]
    assert (await check(service, device)).status_code == 201
    first, second = carrier.asked
    assert first.document == second.document


async def test_carrier_is_called_only_with_code_and_consent(
    service: Application, carrier: OutsideServer
) -> None:
    device = await somebody(service)
    assert_refused(await check(service, device, agreed=False), "invalid_request", 422)
    assert_refused(await check(service, device, sms_code="000000x"), "sms_code_wrong", 400)
    assert carrier.asked == []


async def test_checks_are_limited_to_three_a_day(service: Application, carrier: OutsideServer) -> None:
    carrier.answer = Carrier({})
    device = await somebody(service)
    for _ in range(3):
        assert_refused(await check(service, device), "real_name_unknown")
    assert_refused(await check(service, device), "too_many_requests", 429)
    assert len(carrier.asked) == 3


async def test_carrier_check_proves_no_legal_person(service: Application, carrier: OutsideServer) -> None:
    person = replace(LEGAL_PERSON, phone=PERSON.phone)
    carrier.answer = Carrier({person.phone: (person.name, person.id_number)})
    device = await somebody(service, person)
    record = {"user_type": "legal_person", "credit_code": OWN}
    ways = (await device.call("POST", "/api/phone/identity/ways", record)).json()["items"]
    assert "real_name" not in {each["way"] for each in ways}
    assert_refused(await check(service, device, **record), "forbidden", 403)
    assert carrier.asked == []


async def test_carrier_check_proves_no_second_account(service: Application, carrier: OutsideServer) -> None:
    """The carrier reassigned the number, or somebody took it over."""
    await with_shield(service)
    device = await somebody(service)
    ways = (await device.call("POST", "/api/phone/identity/ways", RECORD)).json()["items"]
    assert {"way": "real_name", "reason": None} in ways
    refused = await check(service, device)
    assert_refused(refused, "forbidden", 403)
    assert refused.json()["reason"] == "second_account"
    row = await fetch(service.context.db, "SELECT COUNT(*) AS n FROM identity_proofs WHERE way = 'real_name'")
    assert row["n"] == 0


async def test_unmatched_number_does_not_learn_of_another_account(
    service: Application, carrier: OutsideServer
) -> None:
    await with_shield(service)
    carrier.answer = Carrier({})
    assert_refused(await check(service, await somebody(service)), "real_name_unknown")


async def test_carrier_is_not_called_for_unfiled_names_or_records(
    service: Application, carrier: OutsideServer
) -> None:
    device = await somebody(service, replace(PERSON, name="林某某"))
    assert_refused(await check(service, device), "no_filing", 409)
    assert carrier.asked == []


async def test_number_changed_during_the_check_proves_nothing(
    service: Application, carrier: OutsideServer
) -> None:
    device = await somebody(service)
    ask = service.context.accounts.real_name
    asked = ask.source
    assert asked is not None
    source: RealNameCheck = asked

    class Meanwhile:
        async def check(self, question: RealNameQuestion) -> Finding:
            found = await source.check(question)
            await execute(service.context.db, "UPDATE accounts SET phone = '13612344329'")
            return found

    object.__setattr__(ask, "source", Meanwhile())
    assert_refused(await check(service, device), "conflict", 409)
    assert await proofs(service) == 0


async def test_way_is_absent_without_a_carrier_service(application: Application) -> None:
    device = await somebody(application)
    ways = (await device.call("POST", "/api/phone/identity/ways", RECORD)).json()["items"]
    assert "real_name" not in {each["way"] for each in ways}
    assert_refused(await check(application, device), "forbidden", 403)


def test_carrier_secret_is_never_logged() -> None:
    assert SECRET not in repr(HttpRealNameCheck("http://127.0.0.1:1", SECRET, 2.0))

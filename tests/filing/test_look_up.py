"""An outside filing system over a real socket: its answers are stored as versions, invalid ones are refused."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any, Final

import pytest

from mshield.server.database.interface import Database
from mshield.server.filing.errors import FilingUnavailable
from mshield.server.filing.external.source import FiledTable, HttpFilingSource
from mshield.server.filing.import_list import ImportFiling
from mshield.server.filing.look_up import LookUpFiling
from mshield.server.filing.rows import filing as store
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from mshield.server.runtime.external.call import MAX_ANSWER
from tests.support.acts import acts_on
from tests.support.cases import cases
from tests.support.clock import START
from tests.support.filed_rows import filed_rows
from tests.support.outside_systems import RECORD, SECRET, FilingOffice, OutsideServer, Reply, serving

CODE: Final = "91330206MA2XB7C1TW"
NUMBER: Final = "330206199001014217"


@pytest.fixture
def office() -> FilingOffice:
    return FilingOffice(dict(RECORD))


@pytest.fixture
def server(office: FilingOffice) -> Iterator[OutsideServer]:
    with serving(office) as made:
        yield made


@pytest.fixture
def filing(db: Database, keyring: Keyring) -> ImportFiling:
    return ImportFiling(db, keyring, LookupKey(bytes(32)))


@pytest.fixture
def look_up(server: OutsideServer, filing: ImportFiling) -> LookUpFiling:
    return LookUpFiling(HttpFilingSource(server.url, SECRET, 10.0), filing)


async def _ask(look_up: LookUpFiling, **changes: Any) -> Any:
    question: dict[str, Any] = {
        "credit_code": CODE,
        "role": "operator",
        "id_number": NUMBER,
        "now": START,
    } | changes
    return await look_up(**question)


async def _stored(filing: ImportFiling) -> store.FiledPerson | None:
    return await store.find_person(
        filing.db, credit_code=CODE, role="operator", id_number_hash=filing.hash_id_number(NUMBER)
    )


async def test_looked_up_record_is_stored_once(
    look_up: LookUpFiling, filing: ImportFiling, server: OutsideServer
) -> None:
    for _ in range(2):
        record = await _ask(look_up, id_number="330206 19900101 4217")
        assert (record.name, record.enterprise) == ("林知远", "宁波北潮进出口有限公司")
    person = await _stored(filing)
    assert person is not None
    assert (person.name, person.version, person.ended_at) == ("林知远", 1, None)
    assert [act.act for act in await acts_on(filing.db, subject=person.id)] == ["filing.take"]
    assert server.asked[0].document == {"credit_code": CODE, "role": "operator", "id_number": NUMBER}
    assert NUMBER not in server.asked[0].path


async def test_concurrent_applications_make_one_record(look_up: LookUpFiling, filing: ImportFiling) -> None:
    await asyncio.gather(*(_ask(look_up) for _ in range(6)))
    person = await _stored(filing)
    assert person is not None
    assert person.version == 1
    assert await filed_rows(filing.db) == (1, 1)


async def test_r22_a_change_there_is_a_new_version_here(
    look_up: LookUpFiling, filing: ImportFiling, office: FilingOffice
) -> None:
    await _ask(look_up)
    office.people[0]["name"] = "林志远"
    assert (await _ask(look_up)).name == "林志远"
    person = await _stored(filing)
    assert person is not None
    assert (person.name, person.version) == ("林志远", 2)


@pytest.mark.parametrize(("told", "kept"), [("138 0000 6028", "13800006028"), (None, None), ("", None)])
async def test_r22_another_phone_number_there_is_no_new_version_here(
    look_up: LookUpFiling, filing: ImportFiling, office: FilingOffice, told: str | None, kept: str | None
) -> None:
    office.people[0]["phone"] = "13800006027"
    assert (await _ask(look_up)).phone == "13800006027"
    office.people[0]["phone"] = told
    await _ask(look_up)
    person = await _stored(filing)
    assert person is not None
    assert (person.phone, person.version) == (kept, 1)
    first, second = await acts_on(filing.db, subject=person.id)
    assert first.details["changes"] == []
    assert [change["field"] for change in second.details["changes"]] == ["phone"]
    assert "1380000" not in str((first, second))


async def test_system_without_phone_numbers_keeps_them(
    look_up: LookUpFiling, filing: ImportFiling, office: FilingOffice
) -> None:
    office.people[0]["phone"] = "13800006027"
    await _ask(look_up)
    del office.people[0]["phone"]
    assert (await _ask(look_up)).phone is None
    office.people[0]["name"] = "林志远"
    await _ask(look_up)
    person = await _stored(filing)
    assert person is not None
    assert (person.name, person.phone, person.version) == ("林志远", "13800006027", 2)


async def test_concurrent_look_ups_end_a_record_once(
    look_up: LookUpFiling, filing: ImportFiling, office: FilingOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _ask(look_up)
    office.people = []
    find, both = store.find_person, asyncio.Barrier(2)

    async def together(*args: Any, **named: Any) -> store.FiledPerson | None:
        found = await find(*args, **named)
        await both.wait()
        return found

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(store, "find_person", together)
        assert list(await asyncio.gather(_ask(look_up), _ask(look_up))) == [None, None]
    person = await _stored(filing)
    assert person is not None
    done = await acts_on(filing.db, subject=person.id)
    assert [act.act for act in done] == ["filing.take", "filing.end"]


async def test_person_gone_outside_is_ended_and_may_return(
    look_up: LookUpFiling, filing: ImportFiling, office: FilingOffice
) -> None:
    await _ask(look_up)
    people, office.people = office.people, []
    assert await _ask(look_up) is None
    person = await _stored(filing)
    assert person is not None
    assert (person.version, person.ended_at) == (2, START)
    assert await _ask(look_up) is None
    office.people = people
    assert await _ask(look_up) is not None
    back = await _stored(filing)
    assert back is not None
    assert (back.id, back.version, back.ended_at) == (person.id, 3, None)


async def test_unknown_person_is_not_stored(look_up: LookUpFiling, filing: ImportFiling) -> None:
    assert await _ask(look_up, role="legal_person") is None
    assert await filed_rows(filing.db) == (0, 0)


@pytest.mark.parametrize(
    "failures", [[Reply(503)], [Reply(cut=True)], [Reply(500), Reply(cut=True)]], ids=["503", "cut", "both"]
)
async def test_temporary_failure_is_retried(
    look_up: LookUpFiling, server: OutsideServer, failures: list[Reply]
) -> None:
    server.next[:] = failures
    assert (await _ask(look_up)).name == "林知远"
    assert len(server.asked) == len(failures) + 1


@cases(
    "reply",
    [
        Reply(503),
        Reply(cut=True),
        Reply(404),
        Reply(401),
        Reply(302, headers={"Location": "http://127.0.0.1:1/"}),
        Reply(200, b"<html>"),
        Reply(200, b"\xff\xfe"),
        Reply(200, b"{}"),
        Reply(200, json.dumps({"filed": RECORD, "also": 1}).encode()),
        Reply(200, json.dumps({"filed": {**RECORD, "name": None}}).encode()),
        Reply(200, b" " * (MAX_ANSWER + 1)),
        Reply(200, b"{", headers={"Content-Length": "100"}),
        Reply.of({"filed": {**RECORD, "id_number": "330206199001014218"}}),
        Reply.of({"filed": {**RECORD, "name": "=1+1"}}),
        Reply.of({"filed": {**RECORD, "enterprise": ""}}),
        Reply.of({"filed": {**RECORD, "phone": "0574-55501802"}}),
        Reply.of({"filed": {**RECORD, "phone": 13800006027}}),
        Reply.of({"filed": {**RECORD, "id_type": "card"}}),
        Reply.of({"filed": {**RECORD, "credit_code": "91330206MA2AEXAM04"}}),
        Reply.of({"filed": {**RECORD, "role": "legal_person"}}),
        Reply.of({"filed": {**RECORD, "id_number": "330206197403183014"}}),
    ],
)
async def test_invalid_answer_is_unavailable_and_changes_nothing(
    look_up: LookUpFiling, filing: ImportFiling, server: OutsideServer, reply: Reply
) -> None:
    await _ask(look_up)
    before = await _stored(filing)
    server.next[:] = [reply] * 3
    with pytest.raises(FilingUnavailable):
        await _ask(look_up)
    assert await _stored(filing) == before
    server.next.clear()


async def test_slow_system_times_out(filing: ImportFiling, server: OutsideServer) -> None:
    server.next[:] = [Reply(seconds=20)] * 3
    look_up = LookUpFiling(HttpFilingSource(server.url, SECRET, 0.3), filing)
    with pytest.raises(FilingUnavailable):
        await asyncio.wait_for(_ask(look_up), 3)


async def test_unreachable_system_is_unavailable(filing: ImportFiling) -> None:
    look_up = LookUpFiling(HttpFilingSource("http://127.0.0.1:1", SECRET, 2.0), filing)
    with pytest.raises(FilingUnavailable):
        await _ask(look_up)


async def test_the_own_table_answers_the_same_question(
    look_up: LookUpFiling, filing: ImportFiling, office: FilingOffice
) -> None:
    own = LookUpFiling(FiledTable(filing.db, filing.hash_id_number), filing)
    assert await _ask(own) is None
    office.people[0]["phone"] = "13800006027"
    told = await _ask(look_up)
    assert await _ask(own) == told
    office.people = []
    assert await _ask(own) == told
    await _ask(look_up)
    assert await _ask(own) is None


def test_secret_of_the_source_is_never_logged() -> None:
    source = HttpFilingSource("http://127.0.0.1:1", SECRET, 2.0)
    assert SECRET not in repr(source)

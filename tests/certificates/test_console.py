"""Certificates at the console: search, history and download."""

from typing import Any, Final

import pytest

from mshield.pki.certificates import trust
from mshield.pki.certificates.certificate import parse_certificate
from mshield.server.certificates import search as find_certificates
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.staff.rules import StaffRole
from mshield.server.values.names import mask_phone
from mshield.testkit.demo.people import OPERATOR
from tests.support.application import Application, Device
from tests.support.assertions import assert_refused
from tests.support.cases import cases
from tests.support.clerk import Staff, allowed_roles
from tests.support.issuing import change
from tests.support.shield_over_http import Shield
from tests.support.signing import execute, fetch

READERS: Final = {StaffRole.CUSTOMER_SERVICE, StaffRole.SECURITY_OFFICER, StaffRole.AUDITOR}


@pytest.fixture
async def clerk(application: Application) -> Staff:
    return await Staff.of(application, StaffRole.CUSTOMER_SERVICE, StaffRole.AUDITOR)


@pytest.fixture
async def shield(application: Application, device: Device) -> Shield:
    made = Shield(application, device)
    await made.enrol()
    return made


async def _search(clerk: Staff, **words: str) -> list[dict[str, Any]]:
    answer = await clerk.call("GET", "/certificates", **words)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def _only(clerk: Staff) -> dict[str, Any]:
    (found,) = await _search(clerk)
    return found


async def test_certificate_is_found_by_everything_people_know(clerk: Staff, shield: Shield) -> None:
    found = await _only(clerk)
    assert (found["name"], found["state"], found["id_number_masked"]) == (
        OPERATOR.name,
        "active",
        "330206********4217",
    )
    number = found["shield_number"]
    for words in (
        {"shield_number": f"{number[:2]} {number[2:5]} {number[5:9]} {number[9:]}".lower()},
        {"serial": found["serial"].upper()},
        {"name": OPERATOR.name[1:]},
        {"name": "北潮"},
        {"id_number_end": OPERATOR.id_number[-4:]},
        {"end": OPERATOR.id_number[-4:]},
        {"end": OPERATOR.id_number.lower()},
        {"end": OPERATOR.phone[-4:]},
        {"end": OPERATOR.phone},
        {"end": number[-4:]},
        {"end": number[-7:], "state": "active"},
        {"name": OPERATOR.name[0]},
        {"name": OPERATOR.name, "credit_code": OPERATOR.credit_code},
        {"name": found["enterprise"][2:6], "state": "active"},
        {"credit_code": OPERATOR.credit_code.lower()},
        {"state": "active", "name": OPERATOR.name, "id_number_end": OPERATOR.id_number[-6:]},
    ):
        assert [each["serial"] for each in await _search(clerk, **words)] == [found["serial"]], words
    for words in (
        {"shield_number": "MS00000000000"},
        {"serial": "0" * 40},
        {"name": "%"},
        {"name": "x' OR '1'='1"},
        {"id_number_end": "9999"},
        {"credit_code": "91330206MA2XB7C1T0"},
        {"state": "revoked"},
        {"hold": "lost"},
        {"name": OPERATOR.name, "id_number_end": "9999"},
        {"end": "9999"},
        {"end": f"0{OPERATOR.id_number[-4:]}"},
        {"end": f"{(int(number[-5]) + 1) % 10}{number[-4:]}"},
        {"end": OPERATOR.id_number[-4:], "state": "revoked"},
        {"name": OPERATOR.name[2:]},
        {"name": "公司北潮"},
        {"state": "expiring"},
        {"state": "expired"},
    ):
        assert await _search(clerk, **words) == [], words


async def test_certificates_are_found_by_account_and_overview_state(
    application: Application, clerk: Staff, shield: Shield
) -> None:
    """The account's page links to its certificates and its SMS; both lists can be narrowed further."""
    db, found = application.context.db, await _only(clerk)
    account = str((await fetch(db, "SELECT account_id FROM certificates"))["account_id"])
    nobody = "0" * 8 + account[8:]
    wanted: list[tuple[dict[str, str], int]] = [
        ({"account": account}, 1),
        ({"account": account, "state": "regular"}, 1),
        ({"account": account, "name": OPERATOR.name, "credit_code": OPERATOR.credit_code}, 1),
        ({"account": account, "state": "held"}, 0),
        ({"account": account, "state": "ended"}, 0),
        ({"account": nobody}, 0),
        ({"account": nobody, "serial": found["serial"]}, 0),
        ({"account": nobody, "end": OPERATOR.phone[-4:]}, 0),
    ]
    for words, count in wanted:
        assert len(await _search(clerk, **words)) == count, words
    await application.ask_for_code("13900001234")
    numbers: set[str]
    for of, numbers in ((account, {mask_phone(OPERATOR.phone)}), (nobody, set())):
        sent = (await clerk.call("GET", "/sms", account=of)).json()["items"]
        assert {line["phone_masked"] for line in sent} == numbers
    assert (await clerk.call("GET", "/sms", account=account, state="failed")).json()["items"] == []


async def _renamed(application: Application, name: str) -> None:
    await execute(application.context.db, "UPDATE enterprises SET name = $1, version = version + 1", name)
    await application.context.filing.search_words()


async def test_certificate_is_found_by_the_enterprises_written_name(
    application: Application, clerk: Staff, shield: Shield
) -> None:
    for organisation in ("Foo • Bar 有限公司", "北京・某某有限公司", "甲·乙有限公司"):
        await _renamed(application, organisation)
        await execute(application.context.db, "UPDATE certificates SET organisation = $1", organisation)
        assert len(await _search(clerk, name=organisation)) == 1, organisation
    await execute(application.context.db, "UPDATE certificates SET common_name = $1", "买买提·艾力")
    assert (
        len(await _search(clerk, name="买买提•艾力")) == 1
    )  # a person's name matches with any kind of middle dot
    await execute(application.context.db, "UPDATE certificates SET common_name = $1", "Émile ZOLA")
    for name in ("éM", "é", "ÉMILE zola", "mile Z"):
        assert len(await _search(clerk, name=name)) == 1, name
    assert await _search(clerk, name="zola") == []  # the start of a later part of the name doesn't match


async def test_a_renamed_enterprise_is_found_by_both_names(
    application: Application, clerk: Staff, shield: Shield
) -> None:
    former = (await _only(clerk))["enterprise"]
    await application.context.filing.search_words()
    await execute(
        application.context.db, "UPDATE enterprises SET name = '海安新名有限公司', version = version + 1"
    )
    for name in (former, "新名"):  # even before the job has processed it
        assert len(await _search(clerk, name=name)) == 1, name
    await application.context.filing.search_words()
    for name in (former, "新名"):
        assert len(await _search(clerk, name=name)) == 1, name


async def test_word_common_to_many_enterprises_finds_all(
    application: Application, clerk: Staff, shield: Shield, monkeypatch: pytest.MonkeyPatch
) -> None:
    await application.context.filing.search_words()
    found = await _search(clerk, name="有限公司")
    monkeypatch.setattr(find_certificates, "MOST_ENTERPRISES", 0)
    assert await _search(clerk, name="有限公司") == found != []


async def test_next_to_expire_and_last_to_end_come_first(
    application: Application, clerk: Staff, shield: Shield
) -> None:
    for _ in range(2):
        application.clock.advance(seconds=86400)
        await Shield(application, await application.logged_in()).enrol()
    oldest_first = [each["serial"] for each in await _search(clerk)][::-1]
    application.clock.advance(seconds=600 * 86400)
    clerk = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    expiring = await _search(clerk, state="expiring")
    assert [each["serial"] for each in expiring] == oldest_first
    assert all(each["expiring"] and each["state"] == "active" for each in expiring)
    page = (await clerk.call("GET", "/certificates", state="expiring", limit="2")).json()
    rest = (await clerk.call("GET", "/certificates", state="expiring", before=page["next"])).json()
    assert [each["serial"] for each in (*page["items"], *rest["items"])] == oldest_first
    assert len(await _search(clerk, state="expiring", name=OPERATOR.name)) == 3
    application.clock.advance(seconds=200 * 86400)
    clerk = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    assert [each["serial"] for each in await _search(clerk, state="expired")] == oldest_first[::-1]
    assert await _search(clerk, state="expiring") == []


async def test_paging_continues_past_an_empty_page(
    application: Application, clerk: Staff, shield: Shield, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        application.clock.advance(seconds=60 + number)
        await Shield(application, await application.logged_in()).enrol()
    monkeypatch.setattr(find_certificates, "MOST_COMPARED", 2)
    other = f"99{OPERATOR.id_number[-4:]}"
    for words, each in ({"limit": "1"}, [1, 1, 1, 1]), ({"id_number_end": other, "limit": "5"}, [0, 0, 0]):
        sizes, seen, query = [], set(), words
        while True:
            page = (await clerk.call("GET", "/certificates", **query)).json()
            sizes.append(len(page["items"]))
            seen |= {item["serial"] for item in page["items"]}
            if page["next"] is None:
                break
            query = words | {"before": page["next"]}
        assert sizes == each
        assert len(seen) == sum(sizes)


async def test_history_names_actors_and_acts(application: Application, clerk: Staff, shield: Shield) -> None:
    serial = (await _only(clerk))["serial"]
    application.clock.advance(seconds=5)
    await change(application.context.db, serial, CertificateEvent.REPORT_LOSS, now=application.clock())
    one = (await clerk.call("GET", f"/certificates/{serial}")).json()
    assert [each["event"] for each in one["events"]] == ["activate", "report_loss"]
    assert one["events"][-1]["actor"] == "legal_person"
    assert one["certificate"]["holds"] == ["lost"]
    assert (one["account_phone_masked"], one["filing_changed"], one["wrong_pins"]) == (
        "138****6027",
        False,
        0,
    )
    assert [each["part"] for each in one["chain"]] == ["certificate", "issuing", "root"]
    assert OPERATOR.id_number not in str(one)
    assert OPERATOR.phone not in str(one)


async def test_downloaded_chain_verifies(application: Application, clerk: Staff, shield: Shield) -> None:
    serial = (await _only(clerk))["serial"]
    found = {}
    for part in ("certificate", "issuing", "root"):
        made = await clerk.call("GET", f"/certificates/{serial}/file", part=part, format="der")
        found[part] = parse_certificate(made.content)
        pem = await clerk.call("GET", f"/certificates/{serial}/file", part=part)
        assert pem.text == found[part].pem()
        assert pem.headers["content-disposition"].endswith('.pem"')
    trust.require_issued(application.context.engine, found["certificate"], found["issuing"])
    trust.require_issued(application.context.engine, found["issuing"], found["root"])
    assert f"{found['certificate'].serial:040x}" == serial


@cases(
    "query",
    [
        {"before": "x"},
        {"before": "9" * 19 + "." + "0" * 40},
        {"before": "1.zz"},
        {"serial": "12"},
        {"id_number_end": "123"},
        {"end": "123"},
        {"end": "12a4"},
        {"end": "1234", "id_number_end": "1234"},
        {"id_number_end": "12%%"},
        {"name": "a\u0000b"},
        {"name": "a\u202eb"},
        {"name": ""},
        {"state": "stolen"},
        {"limit": "101"},
        {"limit": "0"},
        {"other": "1"},
    ],
)
async def test_contradictory_search_is_refused(clerk: Staff, query: dict[str, str]) -> None:
    answer = await clerk.call("GET", "/certificates", **query)
    assert_refused(answer, "invalid_request", 422)


@cases("serial", ["0" * 40, "x", "g" * 40, "\u0660" * 40])
async def test_unknown_certificate_is_not_found(clerk: Staff, serial: str) -> None:
    for path in (f"/certificates/{serial}", f"/certificates/{serial}/file"):
        assert_refused(await clerk.call("GET", path), "not_found")


async def test_only_readers_see_certificates(application: Application) -> None:
    for path in ("", f"/{'0' * 40}", f"/{'0' * 40}/file"):
        assert await allowed_roles(application, "GET", f"/certificates{path}", None) == READERS

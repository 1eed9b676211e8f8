"""`mshield account` and `mshield shield`: acts by two people at the server, and their records."""

from pathlib import Path
from typing import Any, Final

import pytest

from mshield.gm.engine import load_engine
from mshield.server.accounts.change_phone import ChangePhone, Which
from mshield.server.accounts.register import Register
from mshield.server.accounts.sms_codes import SmsCodes
from mshield.server.acts.actor import SERVICE
from mshield.server.authorities.authority import load_authorities
from mshield.server.certificates.issue import Issue
from mshield.server.certificates.rows.changes import history
from mshield.server.database.interface import Database
from mshield.server.identity.proofs import Proofs
from mshield.server.keys.keyring import load_keyring
from mshield.server.keys.secrets import load_lookup_key
from mshield.server.notices.external.sms import DevelopmentSms
from mshield.server.notices.notify import Notify
from mshield.server.retention.rules.kinds import Kind
from mshield.server.runtime.clocks.clock import wall_clock
from mshield.server.settings.settings import load_settings
from mshield.server.values.names import IdType
from mshield.testkit.demo.people import OPERATOR
from tests.commands.test_ca_commands import Operator
from tests.support.acts import acts_on
from tests.support.consents import AGREEMENT, consents_of
from tests.support.issuing import NAME, ORGANISATION, person
from tests.support.signing import fetch

NEW: Final = "13900001234"
SECOND: Final = "许安然"
TYPED: Final = ("--second-person", "查无此人")
CODE: Final = "123456"
SEEN: Final = ("--evidence", "工单 2026-1124，已核对证件")
PROVIDER: Final = {
    "MSHIELD_SMS_GATEWAY": "aliyun",
    "MSHIELD_SMS_KEY_ID": "id",
    "MSHIELD_SMS_KEY_SECRET": "secret",
    "MSHIELD_SMS_SIGN_NAME": "手机盾",
    "MSHIELD_SMS_TEMPLATES": '{"code": "SMS_1", "new_phone": "SMS_2", "old_phone": "SMS_3", "phone_changed": "SMS_4"}',
    "MSHIELD_SMS_ENDPOINT": "http://127.0.0.1:9",
}
"""A provider that can't be reached."""


@pytest.fixture
def office(settings_of_commands: None) -> Operator:
    """An operator with an account."""
    made = Operator()
    made.json("keys", "init")
    made.on_database(_register)
    return made


async def _codes(db: Database, sms: DevelopmentSms) -> tuple[SmsCodes, Any]:
    keyring = load_keyring(load_settings().keys)
    lookup = await load_lookup_key(db, keyring, now=wall_clock())
    return SmsCodes(db, lookup, load_settings().accounts, sms), (keyring, lookup)


async def _register(db: Database) -> None:
    sms = DevelopmentSms()
    codes, (keyring, lookup) = await _codes(db, sms)
    await codes.send(phone=OPERATOR.phone, purpose="register", address="", now=wall_clock())
    await Register(db, keyring, lookup, codes, consents_of(db))(
        name=OPERATOR.name,
        id_type=IdType(OPERATOR.id_type),
        id_number=OPERATOR.id_number,
        phone=OPERATOR.phone,
        sms_code=sms.messages()[0].code,
        password=OPERATOR.password,
        agreement=AGREEMENT,
        now=wall_clock(),
    )


async def _code(db: Database, to: Which) -> str:
    sms = DevelopmentSms()
    codes, _ = await _codes(db, sms)
    settings = load_settings()
    change = ChangePhone(db, codes, Notify(db, settings, sms), Proofs(db, settings.identity))
    account = await change.find(OPERATOR.phone)
    later = wall_clock() + 61_000 if to == "old" else wall_clock()
    await change.send_code(account.id, phone=NEW, to=to, by=SERVICE, address="", now=later)
    return sms.messages()[0].code


def test_in_demo_mode_the_console_changes_numbers(office: Operator) -> None:
    assert office.refused("account", "send-code", OPERATOR.phone, NEW) == "sms_not_set_up"
    change = ("account", "change-phone", OPERATOR.phone, NEW, "--new-code", "123456", *SEEN)
    assert office.refused(*change, "--second-person", SECOND) == "sms_not_set_up"
    for neither_or_both in ((), ("--old-code", "123456", "--second-person", SECOND)):
        assert office.run(*change, *neither_or_both).exit_code == 2


@pytest.mark.parametrize("how", ["old_code", "two"])
def test_r18_a_number_is_changed_with_the_codes_or_a_second_person(
    office: Operator, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_code = office.on_database(lambda db: _code(db, "new"))
    old_code = office.on_database(lambda db: _code(db, "old")) if how == "old_code" else ""
    for name, value in PROVIDER.items():
        monkeypatch.setenv(name, value)
    assert office.refused("account", "send-code", OPERATOR.phone, "13900001235") == "sms_failed"
    change = ("account", "change-phone", OPERATOR.phone, NEW, *SEEN)
    with_other = ("--old-code", old_code) if how == "old_code" else ("--second-person", SECOND)
    if how == "two":
        refused = office.refused(*change, "--new-code", new_code, *TYPED, answer=CODE)
        assert refused == "second_person_refused"
    wrong = "000000" if new_code != "000000" else "000001"
    assert office.refused(*change, "--new-code", wrong, *with_other) == "sms_code_wrong"
    done = office.json(*change, "--new-code", new_code, *with_other)
    if how == "two":
        _waits_and_is_stopped(office, done)
        return
    assert done == {"phone_masked": "139****1234", "logins_ended": 0, "old_number_told": False}
    act = next(each for each in _acts(office, NEW) if each.act == "account.change_phone")
    assert (act.actor, act.details["how"]) == ("service", "old_code")


def test_a_person_without_a_certificate_is_erased_by_two(office: Operator) -> None:
    erase = ("people", "erase", OPERATOR.phone)
    assert office.run(*erase).exit_code == 2
    foreseen = office.json(*erase, "--dry-run")
    assert {part["name"] for part in foreseen["erased"]} == {"account", "sms"}
    assert all(part["why"] for part in foreseen["kept"])
    decided = ("--second-person", SECOND, "--yes", "--reason")
    assert office.refused(*erase, *decided, " ") == "invalid_request"
    assert office.refused(*erase, *TYPED, "--yes", "--reason", "来信", answer=CODE) == "second_person_refused"
    done = office.json(*erase, *decided, "来信 2026-7，要求注销并删除")
    assert done == {**foreseen, "dry_run": False}
    assert office.refused(*erase, "--dry-run") == "not_found"  # the number is unknown now
    recorded = office.on_database(lambda db: acts_on(db, subject=foreseen["account"]))
    (act,) = (act for act in recorded if act.act == "people.erase")
    assert (act.act, act.actor, act.details["second_person"]) == ("people.erase", "service", SECOND)
    row = office.on_database(lambda db: fetch(db, "SELECT phone, name, password_hash, state FROM accounts"))
    assert row == {
        "phone": f"erased-{foreseen['account']}",
        "name": "",
        "password_hash": "",
        "state": "disabled",
    }
    assert office.on_database(lambda db: fetch(db, "SELECT COUNT(*) AS n FROM sms_codes"))["n"] == 0
    assert office.json("seals", "check")["holds"]
    office.json("keys", "rotate")  # their sealed data still open, and are empty


def test_due_rows_are_counted_and_an_empty_month_makes_no_archive(office: Operator, tmp_path: Path) -> None:
    due = {one["kind"]: (one["due"], one["erased"]) for one in office.json("retention", "--dry-run")}
    assert due == dict.fromkeys(map(str, Kind), (0, 0))
    assert all("due" not in one for one in office.json("retention"))
    folder = tmp_path / "archive"
    folder.mkdir()
    assert office.json("archive", "list") == []
    assert office.refused("archive", "verify", str(folder)) == "archive_unknown"
    for month, code in (
        ("2020-01", "archive_empty"),
        ("2099-01", "archive_too_young"),
        ("2020", "archive_unknown"),
    ):
        assert office.refused("archive", "write", month, str(folder)) == code
    assert list(folder.iterdir()) == []


def _acts(office: Operator, phone: str) -> Any:
    async def recorded(db: Database) -> Any:
        account = await fetch(db, "SELECT id FROM accounts WHERE phone = $1", phone)
        return await acts_on(db, subject=str(account["id"]))

    return office.on_database(recorded)


def _waits_and_is_stopped(office: Operator, done: Any) -> None:
    assert (done["phone_masked"], done["effective_at"] > wall_clock()) == ("139****1234", True)
    (act,) = (each for each in _acts(office, OPERATOR.phone) if each.act == "account.phone_waits")
    assert (act.actor, act.details["second_person"]) == ("service", SECOND)
    stop = ("account", "stop-phone-change", OPERATOR.phone, "--reason")
    assert office.refused(*stop, " ") == "invalid_request"
    assert office.json(*stop, "机主来电，未曾申请") == {"stopped": True}
    (stopped,) = (each for each in _acts(office, OPERATOR.phone) if each.act == "account.stop_phone")
    assert stopped.actor == "service"
    assert office.refused(*stop, "再次") == "not_found"


def test_a_shield_is_suspended_resumed_and_revoked_by_two(office: Operator) -> None:
    office.json("ca", "init")

    async def certify(db: Database) -> tuple[str, str]:
        settings = load_settings()
        keyring, engine, now = load_keyring(settings.keys), load_engine(), wall_clock()
        lookup = await load_lookup_key(db, keyring, now=now)
        issue = Issue(db, keyring, lookup, await load_authorities(db, keyring, engine), settings)
        new, _ = await person(db, keyring, engine, now=now)
        row = await issue.reserve(new, now=now)
        await issue.issue(row.serial, now=now)
        return row.serial, new.shield_number

    serial, number = office.on_database(certify)
    said = (number, *SEEN, "--reason", "法人去世", "--second-person", SECOND)
    assert (
        office.run("shield", "suspend", number, *SEEN, "--reason", "x").exit_code == 2
    )  # no second person given
    assert office.refused("shield", "resume", *said) == "conflict"
    for act in ("suspend", "resume", "revoke"):
        assert office.json("shield", act, *said) == {"shield_number": number, "act": act}
    assert office.refused("shield", "suspend", *said) == "shield_ended"
    for words in (number, number[-4:], f"尾号 {number[-4:]}", NAME, NAME[1:], ORGANISATION[2:4]):
        (line,) = office.json("shield", "find", words, "--state", "revoked")
        assert (line["shield_number"], line["state"], line["expiring"]) == (number, "revoked", False), words
    assert number in office.run("shield", "find").output
    assert office.json("shield", "find", number[-4:], "--state", "expiring") == []
    events = office.on_database(lambda db: history(db, serial=serial))
    assert [(each.event, each.actor, each.reason) for each in events[-3:]] == [
        (act, "staff", "法人去世") for act in ("suspend", "resume", "revoke")
    ]
    recorded = office.on_database(lambda db: acts_on(db, subject=number))
    assert [each.act for each in recorded] == ["shield.suspend", "shield.resume", "shield.revoke"]
    assert {each.details["second_person"] for each in recorded} == {SECOND}

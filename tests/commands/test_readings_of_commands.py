"""Commands that search by numbers or show people are counted and recorded like one member of staff."""

from pathlib import Path

import pytest

from mshield.server.accounts import number_searches
from mshield.server.acts.rows import readings
from mshield.server.database.interface import Database
from mshield.testkit.demo.people import OPERATOR
from mshield.wire.ids import NEWEST
from tests.commands.test_ca_commands import Operator
from tests.support.application import EXAMPLES
from tests.support.signing import fetch

LIST = str(EXAMPLES / "filing.csv")
MASKED = "*" * 14 + OPERATOR.id_number[-4:]


@pytest.fixture
def office(settings_of_commands: None) -> Operator:
    """A server with the example's filing and a CA."""
    made = Operator()
    made.json("keys", "init")
    made.json("ca", "init")
    made.json("filing", "import", LIST, "--second-person", "许安然")
    return made


def recorded(office: Operator) -> list[tuple[str, str, str, str]]:
    """Returns who, kind, subject and masked number of all readings, oldest first."""

    async def page(db: Database) -> list[readings.ReadingMessage]:
        return await readings.page(db, before=NEWEST, most=100)

    rows = office.on_database(page)
    return [(row.staff_id, row.kind, row.subject, row.number_masked) for row in reversed(rows)]


def person_of(office: Operator) -> str:
    row = office.on_database(
        lambda db: fetch(
            db,
            "SELECT id FROM filed_persons WHERE credit_code = $1 AND name = $2",
            OPERATOR.credit_code,
            OPERATOR.name,
        )
    )
    return str(row["id"])


def test_commands_that_show_the_filing_leave_a_reading(office: Operator, tmp_path: Path) -> None:
    office.json("filing", "list")
    office.json("filing", "export", f"{tmp_path}/list.csv")
    office.json("filing", "import", LIST, "--dry-run", "--second-person", "许安然")
    kinds = ("filing", "filing_export", "filing_import")
    assert recorded(office) == [("commands", kind, "", "") for kind in kinds]


def test_searches_of_commands_by_a_number_leave_its_mask(office: Operator, tmp_path: Path) -> None:
    number = ("--credit-code", OPERATOR.credit_code, "--id-number", OPERATOR.id_number, "--role", "operator")
    office.json("filing", "code", *number)
    assert office.json("shield", "find", OPERATOR.id_number) == []
    assert office.json("shield", "find", OPERATOR.name) == []
    for command in (
        ("account", "stop-phone-change", OPERATOR.phone, "--reason", "来电"),
        ("people", "erase", OPERATOR.phone, "--dry-run"),
    ):
        assert office.refused(*command) == "not_found"
    assert office.json("archive", "search", str(tmp_path), "--shield-number", "2600000112345678") == []
    assert office.json("archive", "search", str(tmp_path)) == []
    phone = "*" * 7 + OPERATOR.phone[-4:]
    assert recorded(office) == [
        ("commands", "filing", person_of(office), MASKED),
        ("commands", "certificates", "", MASKED),
        ("commands", "certificates", "", ""),
        ("commands", "accounts", "", phone),
        ("commands", "accounts", "", phone),
        ("commands", "archive", "", "************5678"),
        ("commands", "archive", "", ""),
    ]


def test_reading_acts_by_a_command_leaves_none(office: Operator, tmp_path: Path) -> None:
    office.json("staff", "acts", f"{tmp_path}/acts.csv", "--end", OPERATOR.phone[-4:])
    assert recorded(office) == []


def test_shield_search_by_a_number_counts(office: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(number_searches, "MOST", 5)
    assert office.json("shield", "find", "6027") == []
    assert office.refused("shield", "find", "6028") == "too_many_requests"
    assert office.json("shield", "find", OPERATOR.name) == []


def test_stopping_a_shield_by_number_counts_and_leaves_a_reading(
    office: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the number is a shield's is told like by a search."""
    monkeypatch.setattr(number_searches, "MOST", 10)
    options = ("--evidence", "工单 2026-7", "--reason", "来电", "--second-person", "许安然")
    numbers = ("MS26000001120", "MS26000001121")
    for act, number in zip(("suspend", "revoke"), numbers, strict=True):
        assert office.refused("shield", act, number, *options) == "not_found"
    assert office.refused("shield", "resume", numbers[0], *options) == "too_many_requests"
    masked = ["*" * 9 + number[-4:] for number in numbers]
    assert recorded(office) == [("commands", "certificates", "", mask) for mask in masked]


def test_dry_runs_of_a_list_count_their_guesses(
    office: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(number_searches, "MOST", 10)
    guess = tmp_path / "guess.csv"
    head = "企业名称,统一社会信用代码,姓名,证件类型,证件号码,用户类型,手机号"
    for phone in ("13812340001", "13812340002", "13812340003"):
        person = (
            f"宁波北潮进出口有限公司,{OPERATOR.credit_code},{OPERATOR.name},居民身份证,{OPERATOR.id_number}"
        )
        guess.write_text(f"{head}\n{person},操作员,{phone}\n", "utf-8")
        if phone[-1] != "3":
            office.json("filing", "import", str(guess), "--dry-run")
    assert office.refused("filing", "import", str(guess), "--dry-run") == "too_many_requests"

"""`--second-person` names a member of staff who confirms by their own one-time code; a name as typed is refused."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import pytest

from mshield.cli.main import main
from mshield.server.acts.actor import SERVICE, By
from mshield.server.acts.rows import acts
from mshield.server.acts.rows.acts import ActRow
from mshield.server.commands.parts import second_person
from mshield.server.commands.parts.second_person import OFFICER, SERVING
from mshield.server.keys.keyring import load_keyring
from mshield.server.runtime.clocks.clock import wall_clock
from mshield.server.settings.settings import load_settings
from mshield.server.staff.members import add_staff, disable_staff
from mshield.server.staff.one_time_code import STEP_MS
from mshield.server.staff.rows import factors
from mshield.server.staff.rules import StaffRole
from mshield.wire.ids import new_id
from mshield.wire.times import DAY_MS
from tests.commands.test_ca_commands import Operator
from tests.support.application import EXAMPLES, Application
from tests.support.small_view import CONTENT, small_view
from tests.support.staff import SetUp, set_up

NAME: Final = "许安然"
_PERSON: Final = "00000000-0000-4000-8000-000000000000"
_COMMANDS: Final = (
    "archive erase 2020-01 FOLDER --reason 期满 --yes",
    "business add 单一窗口 --domain a.example",
    "business unshown allow CLIENT --reason 柜台看过原件",
    "business view add CLIENT VIEW --sample SAMPLE",
    f"filing code {_PERSON}",
    "filing import LIST",
    "seals accept enterprises 91330206MA2XB7C1TW --reason 已核对 --yes",
    "shield resume 0000 --evidence 工单 --reason 法人去世",
    "shield revoke 0000 --evidence 工单 --reason 法人去世",
    "shield suspend 0000 --evidence 工单 --reason 法人去世",
)
_OF_ACCOUNTS: Final = ("account change-phone", "people erase")
"""Commands that need an account first: tests/commands/test_stop_and_change.py."""

_WRONG: Final = "000000"


@pytest.fixture
def office(settings_of_commands: None, tmp_path: Path) -> Operator:
    """An office at its server, with the files that its commands name."""
    made = Operator()
    made.json("keys", "init")
    (tmp_path / "VIEW").write_bytes(small_view())
    (tmp_path / "SAMPLE").write_bytes(CONTENT)
    (tmp_path / "FOLDER").mkdir()
    (tmp_path / "LIST").write_bytes((EXAMPLES / "filing.csv").read_bytes())
    (tmp_path / "LIST").rename(tmp_path / "LIST.csv")
    return made


def _arguments(line: str, folder: Path) -> list[str]:
    files = {name: str(folder / name) for name in ("VIEW", "SAMPLE", "FOLDER")} | {
        "LIST": str(folder / "LIST.csv")
    }
    return [files.get(word, word) for word in line.split()]


def _member(office: Operator, *roles: StaffRole, at: int | None = None) -> SetUp:
    """Sets up the login of a member, who last used a code two minutes ago."""
    keyring, now = load_keyring(load_settings().keys), (at or wall_clock()) - 4 * STEP_MS
    return office.on_database(
        lambda db: set_up(db, keyring, now=now, name=NAME, roles=roles or (StaffRole.SECURITY_OFFICER,))
    )


def _acts(office: Operator, kind: str) -> list[ActRow]:
    return office.on_database(
        lambda db: acts.page(db, subject=None, actor_id=None, act=kind, before="~", most=10)
    )


def _why(office: Operator, *arguments: str, code: str) -> str:
    """Returns the reason of a refusal of the second person."""
    result = office.run(*arguments, "--second-person", NAME, "--json", answer=code)
    assert result.exit_code == 1, result.output
    error = json.loads(result.stderr)["error"]
    assert error["code"] == "second_person_refused"
    return str(error["reason"])


@pytest.mark.parametrize("line", _COMMANDS, ids=lambda line: " ".join(line.split()[:3]))
def test_a_name_as_typed_is_refused(office: Operator, tmp_path: Path, line: str) -> None:
    arguments = _arguments(line, tmp_path)
    for typed in (NAME, "", "  ", "x" * 65):
        refused = office.refused(*arguments, "--second-person", typed, answer=_WRONG)
        assert refused == "second_person_refused"
    _member(office)
    refused = office.refused(*arguments, "--second-person", NAME, answer="\n")
    assert refused == "second_person_refused"
    refused = office.refused(*arguments, "--second-person", NAME, answer=_WRONG)
    assert refused == "second_factor_wrong"
    assert _acts(office, "staff.confirm") == []


def test_each_command_with_a_second_person_is_tested() -> None:
    found = set(_with_option(main, click.Context(main)))
    assert found == {*_OF_ACCOUNTS, *(_named(line) for line in _COMMANDS)}


def _named(line: str) -> str:
    words = line.split()
    return " ".join(words[: 3 if words[1] in {"view", "unshown"} else 2])


def _with_option(command: click.Command, context: click.Context, *path: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from _with_option(found, context, *path, name)
    elif any(parameter.name == "second_person" for parameter in command.params):
        yield " ".join(path)


def test_the_members_own_code_confirms_once_and_both_acts_name_them(office: Operator) -> None:
    member, client_id = (
        _member(office),
        office.json("business", "add", "海天", "--domain", "b.example")["client_id"],
    )
    allow = (
        "business",
        "unshown",
        "allow",
        client_id,
        "--reason",
        "柜台看过原件",
        "--second-person",
        f" {NAME} ",
    )
    code = member.code(wall_clock())
    office.json(*allow, answer=f"{code}\n")
    (act,) = _acts(office, "system.allow_unshown")
    assert By(act.actor, act.actor_id) == SERVICE  # type: ignore[arg-type]  # a string of the database
    assert act.details["second_person"] == NAME
    assert act.details["second_person_id"] == member.member.id
    (confirmed,) = _acts(office, "staff.confirm")
    assert (confirmed.actor, confirmed.actor_id, confirmed.subject) == (
        "staff",
        member.member.id,
        member.member.id,
    )
    assert confirmed.details == {"factor": "totp", "command": "business unshown allow"}
    office.json("business", "unshown", "end", client_id, "--reason", "不再需要")
    assert office.refused(*allow, answer=code) == "second_factor_wrong"
    assert len(_acts(office, "system.allow_unshown")) == 1


def test_who_cannot_confirm_is_refused_with_the_reason(office: Operator) -> None:
    add = ("business", "add", "单一窗口", "--domain", "a.example")
    assert _why(office, *add, code=_WRONG) == "unknown"
    member = _member(office, StaffRole.CUSTOMER_SERVICE)
    assert _why(office, *add, code=member.code(wall_clock())) == "role"
    office.on_database(lambda db: disable_staff(db, staff_id=member.member.id, now=wall_clock()))
    assert _why(office, *add, code=member.code(wall_clock())) == "disabled"


@pytest.mark.parametrize("others", ["none", "new", "old"])
def test_member_added_at_the_server_confirms_nothing_for_a_day(office: Operator, others: str) -> None:
    """Else one person with a shell is both: `mshield staff add`, and its address opened by themselves."""
    now = wall_clock()
    if others != "none":
        age = DAY_MS + 1 if others == "old" else DAY_MS // 2
        officers = [StaffRole.SECURITY_OFFICER]
        office.on_database(lambda db: add_staff(db, name="顾行", roles=officers, now=now - age))
    member = _member(office)
    add = ("business", "add", "海天", "--domain", "b.example", "--second-person", NAME)
    if others == "old":
        assert _why(office, *add[:-2], code=member.code(wall_clock())) == "new_login"
        assert _acts(office, "staff.confirm") == []
    else:
        assert office.json(*add, answer=f"{member.code(wall_clock())}\n")["client_id"]


def test_member_set_up_a_day_ago_confirms_beside_older_ones(office: Operator) -> None:
    then = wall_clock() - DAY_MS - 60_000
    member = _member(office, at=then)
    add = ("business", "add", "海天", "--domain", "b.example", "--second-person", NAME)
    assert office.json(*add, answer=f"{member.code(wall_clock())}\n")["client_id"]


def test_a_security_key_does_not_confirm_at_a_terminal(office: Operator) -> None:
    add = ("business", "add", "单一窗口", "--domain", "a.example")
    officers = [StaffRole.SECURITY_OFFICER]

    async def with_key(db: Any) -> None:
        member = await add_staff(db, name=NAME, roles=officers, now=wall_clock())
        key = factors.NewFactor(
            id=new_id(wall_clock()), kind="webauthn", label="", credential_id=b"id", public_key=b"key"
        )
        await db.write(lambda tx: factors.insert(tx, key, staff_id=member.id, now=wall_clock()))

    office.on_database(with_key)
    assert _why(office, *add, code=_WRONG) == "no_authenticator"
    said = office.run(*add, "--second-person", NAME, answer=_WRONG).stderr
    assert "Security keys don't work at a terminal" in said


def test_wrong_codes_count_and_slow_the_next_down(office: Operator) -> None:
    member = _member(office)
    code = ("filing", "code", _PERSON, "--second-person", NAME)
    free = load_settings().accounts.login_failures_per_account
    for _ in range(free):
        assert office.refused(*code, answer=_WRONG) == "second_factor_wrong"
    assert office.refused(*code, answer=member.code(wall_clock())) == "login_slowed"
    assert _acts(office, "staff.confirm") == []


def test_a_dry_run_asks_for_no_code(office: Operator, tmp_path: Path) -> None:
    plan = ("filing", "import", str(tmp_path / "LIST.csv"), "--dry-run", "--second-person", NAME)
    assert office.refused(*plan, answer="") == "second_person_refused"
    _member(office)
    assert office.json(*plan, answer="")["waiting"] == 0
    assert _acts(office, "staff.confirm") == []


def test_at_a_terminal_the_code_is_asked_for_without_echo(
    office: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, asked = _member(office), list[tuple[str, bool]]()

    def prompt(text: str, *, hide_input: bool, err: bool) -> str:
        asked.append((text, hide_input and err))
        return member.code(wall_clock())

    monkeypatch.setattr(click, "prompt", prompt)
    monkeypatch.setattr(second_person, "_is_terminal", lambda: True)
    office.json("business", "add", "单一窗口", "--domain", "a.example", "--second-person", NAME, answer="")
    assert asked == [(f"One-time code of {NAME}", True)]


def test_roles_are_those_that_approve_the_same_at_the_console(application: Application) -> None:
    by_act = application.context.staff.approvals.approvable
    for acts_of, roles in (
        (
            ("identity.code", "filing.legal_persons", "view.add", "system.add", "system.allow_unshown"),
            OFFICER,
        ),
        (
            ("people.erase", "account.change_phone", "shield.suspend", "shield.resume", "shield.revoke"),
            SERVING,
        ),
    ):
        for name in acts_of:
            assert {second.value for _, second in by_act[name].roles} == set(roles), name

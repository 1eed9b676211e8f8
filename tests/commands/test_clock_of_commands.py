"""Commands on a machine whose clock jumped: those that create timestamps are refused, all others work."""

from pathlib import Path
from typing import Final

import pytest

from mshield.server.runtime.clocks import steady_clock
from mshield.server.runtime.clocks.clock import wall_clock
from mshield.server.runtime.rows import clock as store
from mshield.server.runtime.rows.clock import Mark
from mshield.wire.times import DAY_MS, MINUTE_MS
from tests.commands.test_ca_commands import Operator
from tests.support.acts import acts_on

_PERSON: Final = "00000000-0000-4000-8000-000000000000"

_DATED: Final = (
    "account change-phone 13800138000 13900139000 --new-code 123456 --second-person 顾行 --evidence 工单",
    "account send-code 13800138000 13900139000",
    "ca init",
    "ca init-p256",
    "ca init-p256 --renew",
    "ca renew-tsa",
    "ca renew-issuing",
    "ca renew-responder",
    f"filing code {_PERSON}",
    "filing import FILE",
    "oidc rotate-key",
    "restore declare --yes",
    "staff add 顾行 --role auditor",
    f"staff set-up {_PERSON}",
    f"staff token add {_PERSON} --name 备案同步 --role auditor --scope filing_export",
    f"staff token rotate {_PERSON}",
)


@pytest.fixture
def jumped(settings_of_commands: None) -> Operator:
    """An operator whose machine's clock is three days ahead of when a process last checked it."""
    operator = Operator()
    operator.json("keys", "init")
    boot = steady_clock.boot()
    assert boot is not None

    mark = Mark(wall_clock() - 3 * DAY_MS, steady_clock.reader()(), 0)
    operator.on_database(lambda db: store.mark(db, boot=boot, mark=mark))
    return operator


def test_commands_that_create_timestamps_are_refused(jumped: Operator) -> None:
    """Each of these would create a timestamp by the wrong clock."""
    file = Path(__file__).parents[2] / "examples" / "filing.csv"
    before = jumped.on_database(store.latest)
    for line in _DATED:
        arguments = [str(file) if word == "FILE" else word for word in line.split()]
        assert jumped.refused(*arguments) == "clock_doubted", line
    said = jumped.run("ca", "init")
    assert (said.exit_code, "mshield clock confirm" in said.output) == (1, True)
    assert jumped.acts("root") == []
    assert jumped.on_database(store.latest) == before


def test_revoking_commands_use_the_time_before_the_jump(jumped: Operator) -> None:
    client_id = jumped.json("business", "add", "单一窗口", "--domain", "a.example")["client_id"]
    said = (client_id, "--reason", "柜台看过原件", "--second-person", "顾行")
    code = jumped.code("顾行", now=wall_clock() - 3 * DAY_MS)
    jumped.json("business", "unshown", "allow", *said, answer=code)
    jumped.json("business", "unshown", "end", client_id, "--reason", "改用展示规则")
    acts = jumped.on_database(lambda db: acts_on(db, subject=client_id))
    believed = wall_clock() - 3 * DAY_MS
    assert len(acts) == 3
    assert all(abs(act.at - believed) < MINUTE_MS for act in acts)


def test_a_confirmed_clock_is_believed_by_the_next_command(jumped: Operator) -> None:
    assert jumped.run("clock", "show").exit_code == 1
    jumped.json("clock", "confirm", "--yes")
    jumped.json("ca", "init")
    assert jumped.run("clock", "show").exit_code == 0

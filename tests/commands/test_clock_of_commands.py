"""Commands on a machine whose clock jumped: what they make that bears a time is refused, all else goes on."""

from pathlib import Path
from typing import Final

import pytest

from mshield.domain.times import DAY_MS, MINUTE_MS
from mshield.gateways.clocks import steady_clock
from mshield.services.process.clock import wall_clock
from mshield.store.process import clock as store
from mshield.store.process.clock import Mark
from tests.commands.test_ca_commands import Operator
from tests.support.acts import acts_on

_PERSON: Final = "00000000-0000-4000-8000-000000000000"

_DATED: Final = (
    "account change-phone 13800138000 13900139000 --new-code 123456 --second-person 顾行 --evidence 工单",
    "account send-code 13800138000 13900139000",
    "ca init",
    "ca init-p256",
    "ca init-p256 --renew",
    "ca init-tsa --renew",
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
    """As if this machine's clock had been put three days ahead since a process last looked at it."""
    operator = Operator()
    operator.json("keys", "init")
    boot = steady_clock.boot()
    assert boot is not None

    mark = Mark(wall_clock() - 3 * DAY_MS, steady_clock.steady_clock(), 0)
    operator.on_database(lambda db: store.mark(db, boot=boot, mark=mark))
    return operator


def test_what_bears_a_time_is_refused(jumped: Operator) -> None:
    """On the code before, each of these is done, or refused for another reason."""
    file = Path(__file__).parents[2] / "examples" / "filing.csv"
    before = jumped.on_database(store.latest)
    for line in _DATED:
        arguments = [str(file) if word == "FILE" else word for word in line.split()]
        assert jumped.refused(*arguments) == "clock_doubted", line
    said = jumped.run("ca", "init")
    assert (said.exit_code, "mshield clock confirm" in said.output) == (1, True)
    assert jumped.acts("root") == []
    assert jumped.on_database(store.latest) == before


def test_what_takes_away_goes_on_by_the_time_from_before_the_jump(jumped: Operator) -> None:
    client_id = jumped.json("business", "add", "单一窗口", "--domain", "a.example")["client_id"]
    jumped.json(
        "business", "unshown", "allow", client_id, "--reason", "柜台看过原件", "--second-person", "顾行"
    )
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

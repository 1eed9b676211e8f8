"""Single lines of text: one rule for reasons, one for names of systems, members and tokens."""

from collections.abc import Callable

import pytest

from mshield.server.errors import DomainError, InvalidRequest
from mshield.server.staff.errors import InvalidStaff, InvalidStaffToken
from mshield.server.staff.members import checked_member
from mshield.server.staff.rules import StaffRole
from mshield.server.staff.tokens import NewTokenMessage, check_wanted
from mshield.server.systems.errors import InvalidSystem
from mshield.server.systems.rules.business_system import checked_name
from mshield.server.values.lines import MAX_NAME, MAX_REASON, checked_reason

NO_LINES = ["", " \n ", "a\x00b", "a\u202eb"]


def test_a_reason_has_one_spacing() -> None:
    assert checked_reason("  本人来电，\n 账号 \t疑似被盗用 ") == "本人来电， 账号 疑似被盗用"


def test_longest_reason_is_accepted() -> None:
    assert checked_reason(" " + "长" * MAX_REASON + " ") == "长" * MAX_REASON


@pytest.mark.parametrize("text", [*NO_LINES, "长" * (MAX_REASON + 1)])
def test_invalid_reason_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        checked_reason(text)
    assert refused.value.extra["fields"] == ["reason"]


def _of_member(name: str) -> str:
    return checked_member(name, [StaffRole.AUDITOR])[0]


def _of_token(name: str) -> str:
    roles = (StaffRole.AUDITOR,)
    return check_wanted(NewTokenMessage(name=name, roles=roles, scopes=(), days=1), held=roles)


@pytest.mark.parametrize(
    ("checked", "refusal"),
    [
        (checked_name, InvalidSystem(field="name")),
        (_of_member, InvalidStaff()),
        (_of_token, InvalidStaffToken(field="name")),
    ],
    ids=["system", "member", "token"],
)
def test_a_name_is_a_line_of_64_characters(checked: Callable[[str], str], refusal: DomainError) -> None:
    assert checked("  单一 \t窗口 ") == "单一 窗口"
    assert checked("长" * MAX_NAME) == "长" * MAX_NAME
    for text in [*NO_LINES, "长" * (MAX_NAME + 1)]:
        with pytest.raises(type(refusal)) as refused:
            checked(text)
        assert refused.value.extra == refusal.extra

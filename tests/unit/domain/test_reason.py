"""The reason of an act: one rule for the legal person, customer service, the filing office and approvals."""

import pytest

from mshield.domain import errors
from mshield.domain.reason import MAX_REASON, checked_reason


def test_a_reason_has_one_spacing() -> None:
    assert checked_reason("  本人来电，\n 账号 \t疑似被盗用 ") == "本人来电， 账号 疑似被盗用"


def test_the_longest_is_taken() -> None:
    assert checked_reason(" " + "长" * MAX_REASON + " ") == "长" * MAX_REASON


@pytest.mark.parametrize("text", ["", " \n ", "a\x00b", "a\u202eb", "长" * (MAX_REASON + 1)])
def test_none_is_refused(text: str) -> None:
    with pytest.raises(errors.InvalidRequest) as refused:
        checked_reason(text)
    assert refused.value.extra["fields"] == ["reason"]

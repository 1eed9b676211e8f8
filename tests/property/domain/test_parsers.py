"""For any input, the parsers return or refuse with their own errors, and accepted values are stable."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from mshield.server.accounts.errors import WeakPassword
from mshield.server.accounts.rules.password import check_password
from mshield.server.errors import DomainError
from mshield.server.filing.rules import COLUMNS, FIELDS, FilingRecord, FilingRow, check_row, check_rows
from mshield.server.identity.errors import InvalidCreditCode, InvalidIdNumber, InvalidName, InvalidPhone
from mshield.server.values.names import (
    IdType,
    check_credit_code,
    check_id_number,
    check_phone,
    mask_id_number,
    mask_phone,
    normalise_name,
)
from mshield.wire.shield_number import display_number, format_number, parse_number

_ANY = st.text(alphabet=st.characters(), max_size=80)
_FORMULA = st.sampled_from(["=", "+", "-", "@"])


@given(_ANY, st.sampled_from(IdType))
def test_accepted_id_numbers_are_ascii_and_stay(text: str, kind: IdType) -> None:
    with contextlib.suppress(InvalidIdNumber):
        number = check_id_number(kind, text)
        assert number.isascii()
        assert number.isalnum()
        assert check_id_number(kind, number) == number


@pytest.mark.parametrize(
    ("check", "refusal"),
    [
        (check_credit_code, InvalidCreditCode),
        (check_phone, InvalidPhone),
        (normalise_name, InvalidName),
        (check_password, WeakPassword),
    ],
)
@given(text=_ANY)
def test_checks_refuse_in_their_own_way_and_are_idempotent(
    check: Callable[[str], str], refusal: type[DomainError], text: str
) -> None:
    with contextlib.suppress(refusal):
        accepted = check(text)
        assert check(accepted) == accepted


@given(st.integers(0, 10**6 - 1), st.dates(), st.integers(0, 999))
def test_resident_ids_need_the_right_check_digit(place: int, birth: Any, sequence: int) -> None:
    body = f"{place:06d}{birth:%Y%m%d}".ljust(14, "0")[:14] + f"{sequence:03d}"
    right = ric.calc_check_digit(body + "0")
    fits = body[0] in "12345678" and 1880 <= birth.year <= 2099
    for digit in "0123456789X":
        if fits and digit == right:
            assert check_id_number(IdType.RESIDENT_ID, body + digit) == body + digit
        else:
            with pytest.raises(InvalidIdNumber):
                check_id_number(IdType.RESIDENT_ID, body + digit)


@given(
    st.text(alphabet="0123456789", min_size=8, max_size=8),
    st.text(alphabet="0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=9, max_size=9),
)
def test_credit_codes_with_one_character_changed_are_refused(first: str, second: str) -> None:
    code = first + second
    code += uscc.calc_check_digit(code + "0")
    assert check_credit_code(code.lower()) == code
    for place in range(8, 18):
        for other in "0123456789ABCDEFGHJKLMNPQRTUWXY":
            changed = code[:place] + other + code[place + 1 :]
            if changed != code:
                with pytest.raises(InvalidCreditCode):
                    check_credit_code(changed)


@given(st.integers(0, 10**11 - 1))
def test_displayed_shield_numbers_are_parsed(value: int) -> None:
    number = format_number(value)
    assert len(number) == 13
    assert parse_number(display_number(number)) == parse_number(number.lower()) == number


@given(_ANY)
def test_other_texts_are_no_shield_number(text: str) -> None:
    number = parse_number(text)
    assert number is None or display_number(number)


@given(st.text(alphabet="0123456789ABCX", min_size=1, max_size=18))
def test_masks_keep_the_length_and_hide_four_ninths(number: str) -> None:
    masked = mask_id_number(number)
    assert len(masked) == len(number)
    assert masked.count("*") * 9 >= len(number) * 4


def test_masked_phone_hides_four_digits() -> None:
    assert mask_phone("13912345678").count("*") == 4


@given(st.builds(FilingRow, line=st.integers(1, 99), phone=st.none() | _ANY, **dict.fromkeys(FIELDS, _ANY)))
def test_any_row_is_a_record_or_findings(row: FilingRow) -> None:
    found = check_row(row)
    if isinstance(found, FilingRecord):
        assert check_row(row) == found
        return
    assert found
    assert {finding.line for finding in found} == {row.line}
    assert all(finding.field in COLUMNS for finding in found)


@given(_FORMULA, _ANY, st.sampled_from(FIELDS))
def test_formulas_are_refused(start: str, rest: str, field: str) -> None:
    found = check_row(FilingRow(line=1, **dict.fromkeys(FIELDS, "") | {field: f" {start}{rest}"}))  # type: ignore[arg-type]  # a field by name
    assert isinstance(found, list)
    assert (field, "formula") in {(finding.field, finding.code) for finding in found}


@given(
    st.lists(
        st.builds(FilingRow, line=st.integers(1, 9), name=_ANY, role=st.sampled_from(["法人", "操作员", "x"]))
    )
)
def test_a_line_is_good_or_has_findings(rows: list[FilingRow]) -> None:
    records, findings = check_rows(rows)
    assert not {record.line for record in records} & {finding.line for finding in findings}
    assert [finding.line for finding in findings] == sorted(finding.line for finding in findings)

"""An exported list can be imported as the same records, from both file types."""

import datetime as dt
from typing import Final, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from mshield.server.filing.external.export import write_filing
from mshield.server.filing.external.files import read_filing
from mshield.server.filing.rules import COLUMNS, FilingRecord, FilingRow, check_row, check_rows
from mshield.server.values.names import IdType
from mshield.wire.identity import Role

_BASE32: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def _card(place: int, birth: str, sequence: int) -> str:
    body = f"{place:06d}{birth}{sequence:03d}"
    return body + ric.calc_check_digit(body + "0")


def _code(first: str, second: str) -> str:
    return first + second + str(uscc.calc_check_digit(first + second + "0"))


_DATES: Final = (
    st.dates(min_value=dt.date(1920, 1, 1))
    .map(lambda day: f"{day:%Y%m%d}")
    .filter(lambda text: text < "20991231")
)
_NUMBERS: Final = {
    IdType.RESIDENT_ID: st.builds(_card, st.integers(110000, 659999), _DATES, st.integers(0, 999)),
    IdType.PASSPORT: st.from_regex(r"[A-Z][0-9]{8}", fullmatch=True),
    IdType.HK_MACAU_PERMIT: st.from_regex(r"[HM][0-9]{8}", fullmatch=True),
    IdType.TAIWAN_PERMIT: st.from_regex(r"[0-9]{8}", fullmatch=True),
    IdType.FOREIGN_RESIDENT_ID: st.builds(_card, st.integers(911000, 916599), _DATES, st.integers(0, 999)),
}
# Besides letters, names contain what a file could get wrong: quotes, commas, apostrophes, brackets.
_ENTERPRISES: Final = st.text(alphabet="宁波北潮ABCé\"',;（）()&. 0", min_size=1, max_size=40)
_NAMES: Final = st.text(alphabet="林知远·欧ABCé'. -", min_size=1, max_size=20)


_PHONES: Final = st.just("") | st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@st.composite
def _records(draw: st.DrawFn) -> list[FilingRecord]:
    codes = draw(
        st.lists(
            st.builds(_code, st.just("91330206"), st.text(alphabet=_BASE32, min_size=9, max_size=9)),
            min_size=1,
            max_size=3,
            unique=True,
        )
    )
    enterprises = {code: draw(_ENTERPRISES) for code in codes}
    rows = []
    for line in range(2, 2 + draw(st.integers(1, 8))):
        code, kind = draw(st.sampled_from(codes)), draw(st.sampled_from(IdType))
        row = FilingRow(
            line=line,
            enterprise=enterprises[code],
            credit_code=code,
            name=draw(_NAMES),
            id_type=kind.value,
            id_number=draw(_NUMBERS[kind]),
            role=draw(st.sampled_from(Role)).value,
            phone=draw(_PHONES),
        )
        if isinstance(check_row(row), FilingRecord):
            rows.append(row)
    records, _ = check_rows(rows)
    return records


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
@settings(max_examples=60, deadline=None)
@given(records=_records())
def test_export_is_imported_unchanged(kind: Literal["xlsx", "csv"], records: list[FilingRecord]) -> None:
    if not records:
        return
    again, findings = check_rows(read_filing(write_filing(records, kind), f"list.{kind}"))
    assert not findings
    assert [_values(each) for each in again] == [_values(each) for each in records]


def _values(record: FilingRecord) -> list[str]:
    return [str(getattr(record, name)) for name in COLUMNS]

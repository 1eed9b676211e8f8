"""R11: a renewal is due in the last half year, six months by the calendar, or when the filing changed."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mshield.server.certificates.errors import RenewalNotDue
from mshield.server.certificates.rules.renewal import (
    due_reason,
    half_year_after,
    half_year_before,
    require_due,
)
from mshield.wire.phone.enrolment import Reason
from tests.support.renewal import DAY

SHANGHAI = ZoneInfo("Asia/Shanghai")


def ms(text: str, zone: dt.tzinfo = SHANGHAI) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


@pytest.mark.parametrize(
    ("end", "start"),
    [
        ("2027-08-31T10:00", "2027-02-28T10:00"),
        ("2028-08-31T10:00", "2028-02-29T10:00"),
        ("2028-08-29T10:00", "2028-02-29T10:00"),
        ("2027-10-31T00:00", "2027-04-30T00:00"),
        ("2027-12-31T23:59:59", "2027-06-30T23:59:59"),
        ("2027-03-15T12:00", "2026-09-15T12:00"),
        ("2027-06-30T12:00", "2026-12-30T12:00"),
        ("2027-01-01T00:00", "2026-07-01T00:00"),
    ],
)
def test_r11_half_a_year_is_six_calendar_months(end: str, start: str) -> None:
    assert half_year_before(ms(end), SHANGHAI) == ms(start)


def test_r11_the_calendar_is_that_of_the_time_zone() -> None:
    # In Shanghai it is 1 March already, in London still 28 February: six months earlier is another day.
    end = ms("2027-03-01T03:00")
    assert half_year_before(end, SHANGHAI) == ms("2026-09-01T03:00")
    assert half_year_before(end, dt.UTC) == ms("2026-08-28T19:00", dt.UTC)


def test_r11_of_a_time_that_a_change_of_clocks_skips_or_repeats_the_earlier_counts() -> None:
    new_york = ZoneInfo("America/New_York")
    # 2:30 on 14 March 2027 doesn't exist; 1:30 on 7 November 2027 occurs twice.
    assert half_year_before(ms("2027-09-14T02:30", new_york), new_york) == ms("2027-03-14T06:30", dt.UTC)
    assert half_year_before(ms("2028-05-07T01:30", new_york), new_york) == ms("2027-11-07T05:30", dt.UTC)


@given(
    end=st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2090, 1, 1)),  # noqa: DTZ001  # as a calendar shows it
    millisecond=st.integers(0, 999),
)
def test_r11_half_a_year_is_between_181_and_184_days(end: dt.datetime, millisecond: int) -> None:
    not_after = ms(end.replace(microsecond=0).isoformat()) + millisecond
    start = half_year_before(not_after, SHANGHAI)
    assert 181 * DAY <= (not_after - start) / 1000 <= 184 * DAY
    days = (
        dt.datetime.fromtimestamp(start / 1000, SHANGHAI),
        dt.datetime.fromtimestamp(not_after / 1000, SHANGHAI),
    )
    assert (days[1].year * 12 + days[1].month) - (days[0].year * 12 + days[0].month) == 6
    assert days[0].time() == days[1].time()
    assert days[0].day == days[1].day or (days[0] + dt.timedelta(days=1)).day == 1


def test_r11_half_a_year_from_now_is_counted_by_the_same_calendar() -> None:
    now = ms("2026-11-24T10:00")
    assert half_year_after(now, SHANGHAI) == ms("2027-05-24T10:00")  # 181 days
    assert half_year_after(ms("2026-08-31T10:00"), SHANGHAI) == ms("2027-02-28T10:00")
    assert half_year_before(half_year_after(now, SHANGHAI), SHANGHAI) == now


def test_r11_due_with_less_than_half_a_year_left_and_not_with_just_half() -> None:
    end, start = ms("2027-08-31T10:00"), ms("2027-02-28T10:00")

    def why(now: int, filed: int | None = 2) -> Reason | None:
        return due_reason(not_after=end, certified_version=2, filed_version=filed, zone=SHANGHAI, now=now)

    assert why(start) is None
    assert why(start + 1) is Reason.ENDING
    assert why(start - 1, filed=3) is Reason.FILING_CHANGED
    assert why(start + 1, filed=3) is Reason.FILING_CHANGED
    assert why(start, filed=None) is None
    with pytest.raises(RenewalNotDue) as refused:
        require_due(why(start), not_after=end, zone=SHANGHAI)
    assert refused.value.extra == {"possible_after": start}

"""The zone in which people read times is named, with its offset where that is the same all year."""

from zoneinfo import ZoneInfo

from mshield.domain.times import ZoneNames, zone_names


def test_a_zone_is_named_with_its_offset_where_that_is_the_same_all_year() -> None:
    assert zone_names(ZoneInfo("Asia/Shanghai")) == ZoneNames(
        "Asia/Shanghai", "中国标准时间 UTC+08:00", "China Standard Time UTC+08:00"
    )
    assert zone_names(ZoneInfo("Asia/Kolkata")).zh == "Asia/Kolkata UTC+05:30"
    assert zone_names(ZoneInfo("America/Caracas")).en == "America/Caracas UTC-04:00"
    assert zone_names(ZoneInfo("Europe/Berlin")).zh == "Europe/Berlin"

"""The name of a time zone for people, with its offset if that is the same all year."""

from zoneinfo import ZoneInfo

from mshield.wire.times import TimeZoneMessage, zone_names


def test_zone_without_daylight_saving_is_named_with_its_offset() -> None:
    assert zone_names(ZoneInfo("Asia/Shanghai")) == TimeZoneMessage(
        "Asia/Shanghai", "中国标准时间 UTC+08:00", "China Standard Time UTC+08:00"
    )
    assert zone_names(ZoneInfo("Asia/Kolkata")).zh == "Asia/Kolkata UTC+05:30"
    assert zone_names(ZoneInfo("America/Caracas")).en == "America/Caracas UTC-04:00"
    assert zone_names(ZoneInfo("Europe/Berlin")).zh == "Europe/Berlin"

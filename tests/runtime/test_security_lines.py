"""The security log's format: whole lines with an event's fields, limited per minute, at its configured place."""

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from mshield.server.keys.secrets import LookupKey
from mshield.server.runtime.logs import NoSecurityLog, set_up_file, set_up_logs
from mshield.server.runtime.security_log import events
from mshield.server.runtime.security_log.log import LOGGER, SecurityLog, pseudonym
from mshield.server.settings.settings import Settings
from mshield.server.settings.weak import weak_settings
from mshield.wire.times import MINUTE_MS
from tests.support.clock import START
from tests.support.security_lines import fresh_logger, lines_of, raw_lines

_MOST: Final = events.LOGIN_REFUSED.most or 0


@pytest.fixture(autouse=True)
def _all_levels(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, LOGGER)


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    with fresh_logger() as logger:
        yield logger


@pytest.mark.parametrize(
    "hostile",
    [
        'a\r\n{"event":"login.accepted"}',
        "a\x00\x1b[2J\x7f",
        "a\u2028b\u202e\u0085",
        "\ud800",
        "林" * 1000,
        '"}',
    ],
)
def test_nothing_in_a_field_begins_another_line(hostile: str, caplog: pytest.LogCaptureFixture) -> None:
    SecurityLog().write(events.LOGIN_REFUSED, now=START, code=hostile, status=401)
    (raw,) = raw_lines(caplog)
    assert raw.isascii()
    assert raw.isprintable()
    assert json.loads(raw)["code"] == hostile[:128]


def test_a_line_has_the_fields_of_its_event_alone(caplog: pytest.LogCaptureFixture) -> None:
    log = SecurityLog()
    with pytest.raises(ValueError, match="phone"):
        log.write(events.LOGIN_REFUSED, now=START, phone="13800006027")
    log.write(events.LOGIN_REFUSED, now=START, actor=None, code="", status=401)
    assert raw_lines(caplog) == [
        '{"time":"2026-11-24T06:00:00.000Z","event":"login.refused","level":"warning","status":401}'
    ]


def test_flood_of_events_is_counted_and_hides_no_others(caplog: pytest.LogCaptureFixture) -> None:
    log = SecurityLog()
    for _ in range(_MOST + 1000):
        log.write(events.LOGIN_REFUSED, now=START, code="login_failed")
    log.write(events.LOGIN_ACCEPTED, now=START)
    assert len(lines_of(caplog, events.LOGIN_REFUSED)) == _MOST
    assert len(lines_of(caplog, events.LOGIN_ACCEPTED)) == 1
    log.write(events.LOGIN_REFUSED, now=START + MINUTE_MS, code="login_failed")
    (left_out,) = lines_of(caplog, events.LINES_LEFT_OUT)
    assert (left_out["of"], left_out["count"]) == ("login.refused", 1000)
    assert len(lines_of(caplog, events.LOGIN_REFUSED)) == _MOST + 1


async def test_number_of_dropped_events_is_logged_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    log = SecurityLog()
    for _ in range(_MOST + 1):
        log.write(events.PIN_REFUSED, now=START)
    keeping = asyncio.create_task(log.keep(lambda: START))
    await asyncio.sleep(0)
    keeping.cancel()
    await asyncio.wait({keeping})
    assert [line["count"] for line in lines_of(caplog, events.LINES_LEFT_OUT)] == [1]


def test_name_is_logged_as_a_keyed_hash_of_its_normal_form() -> None:
    key, other = LookupKey(bytes(32)), LookupKey(bytes(31) + b"1")
    assert pseudonym(key, "Alan") == pseudonym(key, " ａlan ") != pseudonym(other, "Alan")
    assert len(pseudonym(key, "\ud800")) == 32
    # The hash differs from those in the database, so that neither reveals the other.
    assert pseudonym(key, "13800006027") not in key.lookup_hash("login-account", "13800006027").hex()


def test_a_service_writes_to_standard_error_or_to_a_file(
    logger: logging.Logger, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    set_up_logs(Settings().process)
    set_up_logs(Settings().process)
    SecurityLog().write(events.LOGIN_ENDED, now=START)
    assert json.loads(capfd.readouterr().err)["event"] == "login.ended"
    logger.handlers.clear()
    file = tmp_path / "security.log"
    set_up_logs(Settings.of(security_log=file).process)
    SecurityLog().write(events.LOGIN_ENDED, now=START)
    file.rename(tmp_path / "security.log.1")  # like log rotation
    SecurityLog().write(events.LOGIN_BEGUN, now=START)
    assert json.loads(file.read_text())["event"] == "login.begun"
    assert not capfd.readouterr().err


def test_a_command_writes_to_the_file_alone(
    logger: logging.Logger, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    logger.propagate = False
    set_up_file(Settings().process)
    SecurityLog().write(events.DOCTOR_FINDING, now=START, check="CA")
    assert capfd.readouterr() == ("", "")
    set_up_logs(Settings().process)  # a command that continues as a service
    SecurityLog().write(events.SERVICE_STARTED, now=START)
    assert "service.started" in capfd.readouterr().err
    logger.handlers.clear()
    set_up_file(Settings.of(security_log=tmp_path / "security.log").process)
    SecurityLog().write(events.DOCTOR_FINDING, now=START, check="CA")
    assert "doctor.finding" in (tmp_path / "security.log").read_text()


@pytest.mark.usefixtures("logger")
def test_a_file_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(NoSecurityLog, match="No such file"):
        set_up_logs(Settings.of(security_log=tmp_path / "nowhere" / "security.log").process)


def test_weak_settings_are_reported() -> None:
    assert weak_settings(Settings.of(public_origin="https://shield.example")) == []
    weak = Settings.of(
        mode="demo",
        loopback=True,
        captcha_work=4,
        sms_code_tries=50,
        pin_rules=("same",),
        login_slow_seconds=1,
        certificate_id_number="clear",
        sms_codes_per_day=5,
    )
    assert weak_settings(weak) == [
        "MSHIELD_MODE",
        "MSHIELD_CERTIFICATE_ID_NUMBER",
        "MSHIELD_PIN_RULES",
        "MSHIELD_LOOPBACK",
        "MSHIELD_CAPTCHA_WORK",
        "MSHIELD_LOGIN_SLOW_SECONDS",
        "MSHIELD_SMS_CODE_TRIES",
    ]

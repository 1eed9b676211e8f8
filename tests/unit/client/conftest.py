"""A counterpart and a phone in each stage; few PBKDF2 rounds, and pauses that take no time."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mshield.testkit.phone import VirtualPhone
from tests.support.clock import Clock
from tests.unit.client.counterpart import CAPTCHA, NAME, ORIGIN, PASSWORD, SMS_CODE, Counterpart
from tests.unit.pki.authority import authority

PIN = "135790"
NUMBER = "13800000000"

Open = Callable[[], VirtualPhone]


@pytest.fixture
def service(clock: Clock) -> Counterpart:
    return Counterpart(authority(), now=clock)


@pytest.fixture
def pauses() -> list[float]:
    """The phone's pauses, in seconds."""
    return []


@pytest.fixture
def open_phone(service: Counterpart, clock: Clock, tmp_path: Path, pauses: list[float]) -> Open:
    """Returns a function that opens the phone like a newly started app; all share one folder."""

    def opened() -> VirtualPhone:
        return VirtualPhone(
            tmp_path / "phone",
            ORIGIN,
            transport=service.transport,
            clock=clock,
            sleep=pauses.append,
            engine=service.engine,
            pin_rounds=1,
        )

    return opened


@pytest.fixture
def phone(open_phone: Open) -> Iterator[VirtualPhone]:
    """A logged-in phone."""
    with open_phone() as opened:
        opened.register(
            name=NAME,
            id_type="resident_id",
            id_number="440301199001011236",
            phone=NUMBER,
            sms_code=SMS_CODE,
            password=PASSWORD,
        )
        opened.login(account=NUMBER, password=PASSWORD, captcha_id="cap", captcha=CAPTCHA)
        yield opened


@pytest.fixture
def certified(phone: VirtualPhone) -> VirtualPhone:
    """A phone with a certificate."""
    apply(phone)
    return phone


def apply(phone: VirtualPhone, *, pin: str = PIN, again: bool = False) -> None:
    phone.apply(
        name=NAME,
        id_number="440301199001011236",
        user_type="operator",
        credit_code="91440300MA5EXAMPL6",
        sms_code=SMS_CODE,
        pin=pin,
        again=again,
    )

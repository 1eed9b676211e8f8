"""A thief who reads a person's SMS resets the password; that alone gives no second shield."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from mshield.client.errors import ProblemError
from mshield.server.acts.actor import By
from mshield.server.certificates.rows.changes import change
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from mshield.testkit.phone import VirtualPhone
from tests.support.clock import Clock
from tests.support.killed_service import Mortal, mortal_service

NEW: Final = "Stolen-phone-2026"  # an invented test password
DAY: Final = 86_400
THEIR_LEGAL_PERSON: Final = By("legal_person", "account")


@pytest.fixture
def service(
    database_url: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Mortal]:
    """An operator with a shield in use, and their legal representative with one."""
    with mortal_service(database_url, tmp_path, clock, monkeypatch) as running:
        running.enrolled(tmp_path / "legal", LEGAL_PERSON).close()
        running.enrolled(tmp_path / "first").close()
        clock.advance(seconds=3600)
        yield running


def second(service: Mortal, folder: Path, *, password: str) -> VirtualPhone:
    """Logs another phone in to the operator's account, with a reset password if it differs."""
    phone = service.phone(folder)
    if password != OPERATOR.password:
        phone.request_sms_code("reset", phone=OPERATOR.phone)
        phone.reset_password(
            phone=OPERATOR.phone,
            sms_code=service.code("reset"),
            id_number=OPERATOR.id_number,
            password=password,
        )
    captcha = phone.captcha()
    answer = service.get(f"/dev/captchas/{captcha.captcha_id}")["answer"]
    phone.login(account=OPERATOR.phone, password=password, captcha_id=captcha.captcha_id, captcha=answer)
    return phone


def refused(service: Mortal, phone: VirtualPhone) -> ProblemError:
    with pytest.raises(ProblemError) as refusal:
        service.apply(phone)
    return refusal.value


def told(service: Mortal, kind: str) -> list[str]:
    service.run(service.context.notices.notify(now=service.clock()))
    return [each["phone"] for each in service.get("/dev/sms.json") if each["purpose"] == kind]


def test_reset_password_waits_a_day_beside_an_active_shield(
    service: Mortal, tmp_path: Path, clock: Clock
) -> None:
    with second(service, tmp_path / "thief", password=NEW) as phone:
        refusal = refused(service, phone)
        assert refusal.code == "applies_later"
        assert 0 < int(str(refusal.extra["retry_after"])) <= DAY
        assert refused(service, phone).code == "applies_later"
        assert told(service, "applied_after_reset") == [LEGAL_PERSON.phone]
        clock.advance(seconds=DAY)
    with second(service, tmp_path / "thief", password=NEW + "x") as phone:  # another reset: a day from then
        assert refused(service, phone).code == "applies_later"


def test_forgotten_password_costs_exactly_a_day(service: Mortal, tmp_path: Path, clock: Clock) -> None:
    second(service, tmp_path / "new", password=NEW).close()
    clock.advance(seconds=DAY)
    phone = service.phone(tmp_path / "new")
    captcha = phone.captcha()
    answer = service.get(f"/dev/captchas/{captcha.captcha_id}")["answer"]
    phone.login(account=OPERATOR.phone, password=NEW, captcha_id=captcha.captcha_id, captcha=answer)
    service.apply(phone)


def test_r14_owner_of_a_reported_phone_applies_at_once(service: Mortal, tmp_path: Path) -> None:
    row = service.fetch("SELECT serial FROM certificates WHERE common_name = '林知远'")
    db, now = service.context.db, service.clock()
    service.run(
        db.write(
            lambda tx: change(
                tx,
                serial=row["serial"],
                event=CertificateEvent.REPORT_LOSS,
                by=THEIR_LEGAL_PERSON,
                reason="x",
                now=now,
            )
        )
    )
    with second(service, tmp_path / "new", password=NEW) as phone:
        service.apply(phone)


def test_r05_second_device_by_the_own_password_needs_no_wait(service: Mortal, tmp_path: Path) -> None:
    before = len(told(service, "certificate_issued"))
    with second(service, tmp_path / "second", password=OPERATOR.password) as phone:
        service.apply(phone)
    numbers = told(service, "certificate_issued")
    assert set(numbers) == {LEGAL_PERSON.phone}
    assert len(numbers) == before + 1

"""A thief who reads somebody's SMS sets their password anew; that alone gets no shield beside the one they have."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from mshield.client.errors import ProblemError
from mshield.client.phone import VirtualPhone
from mshield.demo.people import LEGAL_PERSON, OPERATOR
from mshield.domain.actor import By
from mshield.domain.certificates.states import CertificateEvent
from mshield.store.certificates.changes import change
from tests.support.clock import Clock
from tests.support.killed_service import Mortal, mortal_service

NEW: Final = "Stolen-phone-2026"  # an invented password of tests
DAY: Final = 86_400
THEIR_LEGAL_PERSON: Final = By("legal_person", "account")


@pytest.fixture
def service(
    database_url: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Mortal]:
    """An operator with a shield in use, and their legal person with one."""
    with mortal_service(database_url, tmp_path, clock, monkeypatch) as running:
        running.enrolled(tmp_path / "legal", LEGAL_PERSON).close()
        running.enrolled(tmp_path / "first").close()
        clock.advance(seconds=3600)
        yield running


def second(service: Mortal, folder: Path, *, password: str) -> VirtualPhone:
    """Another phone that logs in to the operator's account; with another password once that was set anew."""
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


def test_who_set_the_password_anew_waits_a_day_beside_a_shield_in_use(
    service: Mortal, tmp_path: Path, clock: Clock
) -> None:
    with second(service, tmp_path / "thief", password=NEW) as phone:
        refusal = refused(service, phone)
        assert refusal.code == "applies_later"
        assert 0 < int(str(refusal.extra["retry_after"])) <= DAY
        assert refused(service, phone).code == "applies_later"
        assert told(service, "applied_after_reset") == [LEGAL_PERSON.phone]
        clock.advance(seconds=DAY)
    with second(service, tmp_path / "thief", password=NEW + "x") as phone:  # once more: a day from then
        assert refused(service, phone).code == "applies_later"


def test_a_forgotten_password_costs_a_day_and_no_more(service: Mortal, tmp_path: Path, clock: Clock) -> None:
    second(service, tmp_path / "new", password=NEW).close()
    clock.advance(seconds=DAY)
    phone = service.phone(tmp_path / "new")
    captcha = phone.captcha()
    answer = service.get(f"/dev/captchas/{captcha.captcha_id}")["answer"]
    phone.login(account=OPERATOR.phone, password=NEW, captcha_id=captcha.captcha_id, captcha=answer)
    service.apply(phone)


def test_r14_who_lost_the_phone_and_had_it_reported_applies_at_once(service: Mortal, tmp_path: Path) -> None:
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


def test_r05_a_second_device_by_the_own_password_needs_no_wait_and_the_legal_person_is_told(
    service: Mortal, tmp_path: Path
) -> None:
    before = len(told(service, "certificate_issued"))
    with second(service, tmp_path / "second", password=OPERATOR.password) as phone:
        service.apply(phone)
    numbers = told(service, "certificate_issued")
    assert set(numbers) == {LEGAL_PERSON.phone}
    assert len(numbers) == before + 1

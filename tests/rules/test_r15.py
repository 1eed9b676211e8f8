"""R15: the PC shows a QR code, the app scans it, the user enters the PIN, the PC is logged in."""

from pathlib import Path

import pytest

from mshield.client import Pc
from mshield.client.errors import ProblemError
from mshield.testkit.demo.people import OPERATOR
from tests.support.killed_service import Mortal, killable_service

service = killable_service()


def test_r15_scanned_and_approved_the_pc_knows_who_it_is(service: Mortal, tmp_path: Path) -> None:
    phone = service.enrolled(tmp_path / "phone")
    with service.business() as business:
        asked = business.request_login()
        scanned = phone.scan(asked.qr)
        assert (scanned.kind, scanned.number) == ("login", asked.number)
        assert (scanned.requester.name, scanned.requester.domain) == ("单一窗口", "singlewindow.example")
        assert phone.approve(pin=OPERATOR.pin).kind == "login"
        result = business.result(asked.id)
    assert (result.kind, result.signer.name) == ("login", OPERATOR.name)
    assert result.signer.credit_code == OPERATOR.credit_code


def test_r15_missing_pin_logs_no_one_in(service: Mortal, tmp_path: Path) -> None:
    phone = service.enrolled(tmp_path / "phone")
    with service.business() as business:
        asked = business.request_login()
        phone.scan(asked.qr)
        with pytest.raises(ProblemError) as refused:
            phone.approve(pin="000000")
        assert refused.value.code == "wrong_pin"
        assert business.status(asked.id).state == "scanned"


def test_r15_not_me_tells_the_pc(service: Mortal, tmp_path: Path) -> None:
    phone = service.enrolled(tmp_path / "phone")
    with service.business() as business:
        asked = business.request_login()
        phone.scan(asked.qr)
        phone.decline(reason="not_me")
        status = business.status(asked.id)
    assert (status.state, status.reason) == ("declined", "not_me")


def test_r15_a_photo_of_the_code_is_refused_and_the_code_on_the_screen_works(
    service: Mortal, tmp_path: Path
) -> None:
    phone = service.enrolled(tmp_path / "phone")
    with service.business() as business:
        asked = business.request_login()
        photo = asked.qr
        service.clock.advance(seconds=6)
        with pytest.raises(ProblemError) as refused:
            phone.scan(photo)
        assert refused.value.code == "qr_stale"
        assert "照片" in refused.value.zh
        assert business.status(asked.id).state == "waiting"
        phone.scan(asked.qr_text(at=asked.received_at + 6_000))
        phone.approve(pin=OPERATOR.pin)
        assert business.result(asked.id).signer.name == OPERATOR.name


def test_r15_the_phone_is_told_which_pc_asks(service: Mortal, tmp_path: Path) -> None:
    phone = service.enrolled(tmp_path / "phone")
    with service.business() as business:
        pc = Pc(address="203.0.113.24", browser="Firefox 145, Windows")
        shown = phone.scan(business.request_login(pc=pc).qr).requester
    assert (shown.pc_address, shown.pc_browser) == (pc.address, pc.browser)

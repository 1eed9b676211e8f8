"""R12: my page shows shield number, the account's phone number, certificate, signatures and the FAQ."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mshield.client import Document, Pc
from mshield.client.errors import PhoneError, ProblemError
from mshield.gm.sm3 import sm3
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.testkit.demo.people import Person
from mshield.testkit.phone import VirtualPhone
from tests.support.certified import certified, logged_in
from tests.support.issuing import change
from tests.support.lossy_line import Service, running_behind_a_lossy_line


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Service]:
    with running_behind_a_lossy_line(database_url, tmp_path) as made:
        yield made


def _sign(service: Service, phone: VirtualPhone, person: Person, title: str) -> None:
    document = Document(title=title, media_type="text/plain", content=title.encode())
    asked = service.business().request_signature([document])
    phone.scan(asked.qr)
    phone.approve(asked.id, pin=person.pin)


def test_r12_before_the_application_there_is_no_number_and_no_certificate(service: Service) -> None:
    phone, person = logged_in(service)
    page = phone.me()
    assert (page.account.name, page.shield_number, page.certificate) == (person.name, None, None)
    with pytest.raises(PhoneError) as refused:
        phone.certificate()
    assert refused.value.code == "no_key"
    assert phone.signatures().items == ()


def test_r12_number_phone_and_certificate(service: Service) -> None:
    phone, person = certified(service)
    page = phone.me()
    assert page.account.phone_masked == f"{person.phone[:3]}****{person.phone[-4:]}"
    certificate = phone.certificate()
    assert page.certificate is not None
    assert page.certificate.serial == certificate.serial
    assert page.shield_number == certificate.shield_number
    assert certificate.subject.common_name == person.name
    assert (certificate.state, certificate.holds) == ("active", ())


def test_r12_the_signatures_have_pages_without_gap_or_repeat(service: Service) -> None:
    phone, person = certified(service)
    titles = [f"报关单 {number}" for number in range(7)]
    for title in titles:
        # Several signatures share one timestamp, so a page's cursor needs more than the time.
        _sign(service, phone, person, title)
    seen: list[str] = []
    before, pages = None, 0
    while True:
        page = phone.signatures(before=before, limit=3)
        seen += [item.title for item in page.items]
        pages += 1
        if page.next is None:
            break
        before = page.next
    assert sorted(seen) == titles
    assert pages == 3
    certificate = phone.certificate()
    assert {item.serial for item in phone.signatures().items} == {certificate.serial}
    assert [item.title for item in phone.signatures(limit=3).items] == seen[:3]


def test_r12_newest_first_also_while_new_ones_come(service: Service) -> None:
    phone, person = certified(service)
    for number in range(4):
        service.clock.advance(seconds=1)
        _sign(service, phone, person, f"{number}")
    first = phone.signatures(limit=2)
    assert [item.title for item in first.items] == ["3", "2"]
    service.clock.advance(seconds=1)
    _sign(service, phone, person, "new")
    assert [item.title for item in phone.signatures(before=first.next, limit=2).items] == ["1", "0"]


def test_r12_account_sees_only_its_own_signatures(service: Service) -> None:
    phone, person = certified(service)
    _sign(service, phone, person, "报关单")
    other, _ = certified(service)
    assert other.signatures().items == ()
    assert [item.title for item in phone.signatures().items] == ["报关单"]


def test_r12_the_faq_is_there_without_a_login(service: Service) -> None:
    entries = service.get("/api/faq")["entries"]
    assert [entry["id"] for entry in entries] == [f"3.{number}" for number in range(1, 11)]


def test_r12_a_signature_is_found_by_its_words_and_shown_in_full(service: Service) -> None:
    phone, person = certified(service)
    _sign(service, phone, person, "出口货物报关单")
    _sign(service, phone, person, "100%_原产地证")
    (found,) = phone.signatures(words="报关").items
    detail = phone.signature(found.sid)
    assert (detail.title, detail.kind, detail.business_name) == (
        "出口货物报关单",
        "signature",
        found.business_name,
    )
    assert (detail.digest, detail.serial) == (found.digest, phone.certificate().serial)
    assert detail.size == len("出口货物报关单".encode())
    assert detail.content_digest == sm3("出口货物报关单".encode()).hex()
    assert detail.certificate_state == "active"
    assert len(bytes.fromhex(detail.signature)) == 64
    assert [each.title for each in phone.signatures(words="0%_").items] == ["100%_原产地证"]
    assert phone.signatures(words="无此文件").items == ()


def test_r12_logins_and_signatures_apart_and_each_with_where_it_was_asked(service: Service) -> None:
    phone, person = certified(service)
    _sign(service, phone, person, "出口货物报关单")
    pc = Pc(address="203.0.113.24", browser="Edge 142")
    login = service.business().request_login(pc=pc)
    phone.scan(login.qr)
    phone.approve(login.id, pin=person.pin)
    (made,) = phone.signatures(kind="login").items
    assert [each.title for each in phone.signatures(kind="signature").items] == ["出口货物报关单"]
    assert phone.signatures(kind="login", words="报关").items == ()
    detail = phone.signature(made.sid)
    assert (detail.request_id, detail.pc_address, detail.pc_browser) == (login.id, pc.address, pc.browser)


def test_r12_another_phones_signature_is_not_shown(service: Service) -> None:
    phone, person = certified(service)
    _sign(service, phone, person, "出口货物报关单")
    (made,) = phone.signatures().items
    other, _ = logged_in(service)
    with pytest.raises(ProblemError) as refused:
        other.signature(made.sid)
    assert refused.value.code == "not_found"


def test_r12_r05_the_devices_of_the_account(service: Service) -> None:
    phone, person = certified(service)
    other, _ = logged_in(service)
    (mine,) = phone.devices()
    assert (mine.shield_number, mine.state, mine.is_this_device) == (phone.me().shield_number, "active", True)
    assert mine.used_at is None
    _sign(service, phone, person, "出口货物报关单")
    assert phone.devices()[0].used_at is not None
    assert other.devices() == ()


def test_r12_r14_what_happened_to_the_certificate(service: Service) -> None:
    phone, _ = certified(service)
    certificate = phone.certificate()
    assert [each.event for each in certificate.changes] == ["activate"]
    lost = CertificateEvent.REPORT_LOSS
    service.run(change(service.db, certificate.serial, lost, now=service.clock()))
    newest = phone.certificate().changes[-1]
    told = (newest.event, newest.by, newest.reason, newest.at)
    assert told == ("report_loss", "legal_person", "因测试", service.clock())

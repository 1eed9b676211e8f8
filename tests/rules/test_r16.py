"""R16: the app scans a business system's QR code, shows the content, asks for the PIN and delivers the signature."""

from pathlib import Path

from mshield.client import Document
from mshield.testkit.demo.people import OPERATOR
from tests.support.application import EXAMPLES
from tests.support.killed_service import Mortal, killable_service

DECLARATION = next(EXAMPLES.glob("*.xml")).read_bytes()


service = killable_service()


def test_r16_what_the_phone_shows_is_signed_and_delivered(service: Mortal, tmp_path: Path) -> None:
    phone = service.enrolled(tmp_path / "phone")
    document = Document(title="进口报关单", media_type="application/xml", content=DECLARATION)
    with service.business() as business:
        asked = business.request_signature([document])
        (task,) = phone.scan(asked.qr).tasks
        assert (task.title, task.media_type, task.message) == ("进口报关单", "application/xml", DECLARATION)
        phone.approve(pin=OPERATOR.pin)
        result = business.result(asked.id)
    assert (result.kind, result.signer.name) == ("signature", OPERATOR.name)
    (signed,) = result.documents
    assert signed.message == DECLARATION


def test_r16_one_pin_signs_all_documents_of_a_request(service: Mortal, tmp_path: Path) -> None:
    phone = service.enrolled(tmp_path / "phone")
    documents = [
        Document(title=f"报关单 {number}", media_type="text/plain", content=f"第 {number} 票".encode())
        for number in range(3)
    ]
    with service.business() as business:
        asked = business.request_signature(documents)
        phone.scan(asked.qr)
        approved = phone.approve(pin=OPERATOR.pin)
        signed = business.result(asked.id).documents
    assert [each.message for each in signed] == [each.content for each in documents]
    assert len({each.signature for each in approved.documents}) == 3


def test_r16_declined_is_delivered_too(service: Mortal, tmp_path: Path) -> None:
    phone = service.enrolled(tmp_path / "phone")
    with service.business() as business:
        asked = business.request_signature(
            [Document(title="报关单", media_type="text/plain", content=DECLARATION)]
        )
        phone.scan(asked.qr)
        phone.decline()
        assert business.status(asked.id).state == "declined"


def test_r16_r01_a_request_by_shield_number_waits_in_the_inbox(service: Mortal, tmp_path: Path) -> None:
    phone = service.enrolled(tmp_path / "phone")
    document = Document(title="进口报关单", media_type="application/xml", content=DECLARATION)
    with service.business() as business:
        asked = business.request_signature([document], shield_number=phone.status().shield_number)
        (waiting,) = phone.inbox()
        assert (waiting.request_id, waiting.title, waiting.requester.name) == (
            asked.id,
            "进口报关单",
            "单一窗口",
        )
        assert phone.take(waiting.request_id).number == asked.number
        phone.approve(pin=OPERATOR.pin)
        (signed,) = business.result(asked.id).documents
    assert signed.message == DECLARATION
    assert phone.inbox() == ()

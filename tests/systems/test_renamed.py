"""A renamed business system keeps its name in earlier requests, since phones signed that name."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx

from mshield.client import Document
from mshield.client.evidence.verify import VerifiedEvidence, verify_evidence
from mshield.server.acts.actor import SERVICE
from mshield.server.log.sequence import sequence
from mshield.testkit.demo.people import OPERATOR
from tests.support.application import ORIGIN
from tests.support.killed_service import Mortal, killable_service

_THEN: Final = ("单一窗口", "singlewindow.example")
_NOW: Final = ("国际贸易单一窗口", "trade.example")
"""New name and domain."""
_DOCUMENT: Final = Document(title="报关单", media_type="text/plain", content=b"one")


service = killable_service()


def _rename(service: Mortal) -> None:
    """Renames the system; six seconds later it is in effect everywhere."""
    name, domain = _NOW
    systems = service.context.systems.manage
    service.run(
        systems.change(
            service.client_id, name=name, domain=domain, return_urls=(), by=SERVICE, now=service.clock()
        )
    )
    service.clock.advance(seconds=6)


def _proven(service: Mortal, request_id: str) -> VerifiedEvidence:
    context = service.context
    service.run(sequence(context.log, now=service.clock()))
    with service.business() as business:
        bundle = business.evidence(request_id)
    return verify_evidence(
        bundle,
        roots=[context.authorities.root.der],
        log_keys=[str(context.log.key.verifier)],
        at=datetime.fromtimestamp(service.clock() / 1000, UTC),
    )


def _asker(service: Mortal, request_id: str) -> tuple[str, str]:
    """Returns name and domain in the verified evidence bundle."""
    named = _proven(service, request_id).evidence.request.business_system
    return named.name, named.domain


def test_earlier_evidence_verifies_and_has_the_earlier_name(service: Mortal, tmp_path: Path) -> None:
    phone = service.enrolled(tmp_path / "phone")
    made = []
    with service.business() as business:
        for kind in ("login", "signature"):
            asked = business.request_login() if kind == "login" else business.request_signature([_DOCUMENT])
            phone.scan(asked.qr)
            phone.approve(pin=OPERATOR.pin)
            made.append(asked.id)
    _rename(service)
    assert [_asker(service, each) for each in made] == [_THEN, _THEN]


def test_pending_login_is_signed_with_the_earlier_name(service: Mortal, tmp_path: Path) -> None:
    phone = service.enrolled(tmp_path / "phone")
    with service.business() as business:
        asked = business.request_login()
        _rename(service)
        page = httpx.Request(
            "GET",
            f"{ORIGIN}/api/pc/requests/{asked.id}",
            headers={"Authorization": f"Bearer {asked.status_token}"},
        )
        shown = service.handle(page).json()["requester"]
        assert (shown["name"], shown["domain"]) == _THEN
        requester = phone.scan(asked.qr_text(at=asked.received_at + 6_000)).requester
        assert (requester.name, requester.domain) == _THEN
        phone.approve(pin=OPERATOR.pin)
        assert business.result(asked.id).signer.name == OPERATOR.name
    assert _asker(service, asked.id) == _THEN


def test_inbox_and_my_signatures_show_the_earlier_name(service: Mortal, tmp_path: Path) -> None:
    phone = service.enrolled(tmp_path / "phone")
    number = phone.certificate().shield_number
    with service.business() as business:
        asked = business.request_signature([_DOCUMENT], shield_number=number)
        _rename(service)
        newer = business.request_signature([_DOCUMENT], shield_number=number)
    waiting = {each.request_id: (each.requester.name, each.requester.domain) for each in phone.inbox()}
    assert waiting == {asked.id: _THEN, newer.id: _NOW}
    for request in (asked, newer):
        phone.take(request.id)
        phone.approve(pin=OPERATOR.pin)
        service.clock.advance(seconds=1)
    details = [phone.signature(each.sid) for each in phone.signatures().items]
    assert [(each.business_name, each.domain) for each in details] == [_NOW, _THEN]
    (found,) = phone.signatures(words=_NOW[0]).items
    assert found.sid == details[0].sid

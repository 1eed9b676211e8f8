"""Signatures made by the running service, as the files that anyone may have of them."""

import base64
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser

from mshield.client import Document, ViewName
from mshield.client.business import Result
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from mshield.testkit.phone import VirtualPhone
from tests.browser.app.exports import VIEW, long_export, with_view
from tests.browser.app.seeded import CLERK
from tests.browser.conftest import Party
from tests.browser.verify.visitor import Visitor, visiting
from tests.support import legal_person
from tests.support.live_service import LiveService, apply, ensure_registered, log_in
from tests.support.pdfs import contract

CONTENT: Final = (
    "<报关单><总价>126000.00</总价><币制>欧元</币制><申报日期>2026-11-24</申报日期></报关单>".encode()
)
_DISPLAY: Final = (("总价", "126000.00 欧元"), ("申报日期", "2026-11-24"))
_FORMATS: Final = ("raw", "cms", "cms_detached")


@pytest.fixture(scope="session")
def files(party: Party, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder: `FORMAT.json` (bundle), `FORMAT.p7s`, bare `message.sig`, `message.xml`, certificates, lists."""
    return sign_into(tmp_path_factory.mktemp("signed"), party)


def sign_into(folder: Path, party: Party) -> Path:
    """One content signed in each format, and all that anyone may have of it, in this folder."""
    documents = [
        Document(
            title="进口货物报关单",
            media_type="application/xml",
            content=CONTENT,
            display=_DISPLAY,
            format=each,
        )
        for each in _FORMATS
    ]
    with party.service.business() as business:
        asked = business.request_signature(documents)
        party.phone.scan(asked.qr)
        party.approve()
        business.wait_until_done(asked.id, timeout=10)
        result = business.result(asked.id)
        for number, name in enumerate(_FORMATS):
            bundle = business.evidence(asked.id, document=number)
            (folder / f"{name}.json").write_bytes(bundle.encode())
    _write(folder, result)
    return folder


@pytest.fixture(scope="session")
def long(party: Party, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of a document with as much of everything as a request may have."""
    lines = tuple((f"说明 {n}".ljust(64, "长"), "字" * 512) for n in range(64))
    content = "\n".join(f"第 {n} 行" for n in range(3000)).encode()
    document = Document(
        title="合同" * 128, media_type="text/plain", content=content, display=lines, format="cms"
    )
    file = tmp_path_factory.mktemp("long") / "long.json"
    with party.service.business() as business:
        asked = business.request_signature([document])
        party.phone.scan(asked.qr)
        party.phone.approve(pin=OPERATOR.pin, confirmed=party.phone.wanted())
        business.wait_until_done(asked.id, timeout=10)
        file.write_bytes(business.evidence(asked.id).encode())
    return file


@pytest.fixture(scope="session")
def goods(party: Party, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of a declaration of 60 goods, rendered by a registered view."""
    with_view(party)
    content = base64.b64decode(long_export(60)["content_b64"])
    document = Document(
        title="出口货物报关单",
        media_type="application/xml",
        content=content,
        format="cms",
        view=ViewName(VIEW["id"]),
    )
    file = tmp_path_factory.mktemp("goods") / "goods.json"
    with party.service.business() as business:
        asked = business.request_signature([document])
        party.phone.scan(asked.qr)
        party.phone.approve(pin=OPERATOR.pin, confirmed=party.phone.wanted())
        business.wait_until_done(asked.id, timeout=10)
        file.write_bytes(business.evidence(asked.id).encode())
    return file


@pytest.fixture(scope="session")
def finished(party: Party, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of what the service made in the field's own formats: `signed.xml`, `signed.pdf`, `signed.p7`."""
    folder = tmp_path_factory.mktemp("finished")
    xml = Document(title="报关单", media_type="application/xml", content=CONTENT, format="xml")
    pdf = Document(title="合同", media_type="application/pdf", content=contract(1), format="pdf")
    documents = [xml, pdf, replace(xml, format="gb35275")]
    with party.service.business() as business:
        asked = business.request_signature(documents)
        party.phone.scan(asked.qr)
        party.phone.approve(pin=OPERATOR.pin, confirmed=party.phone.wanted())
        business.wait_until_done(asked.id, timeout=10)
        of_xml, of_pdf, of_p7 = business.result(asked.id).documents
    (folder / "signed.xml").write_bytes(of_xml.file)
    (folder / "signed.pdf").write_bytes(of_pdf.file)
    (folder / "signed.p7").write_bytes(of_p7.cms)
    return folder


@pytest.fixture(scope="session")
def ended(party: Party, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a signature whose shield was revoked afterwards: `signature.p7s`, `before.ocsp`, `before.json`,
    and `after.json`, the bundle that was fetched when it was.
    """
    folder = tmp_path_factory.mktemp("ended")
    service = party.service
    for person in (LEGAL_PERSON, CLERK):
        ensure_registered(service, person)
    with service.phone("clerk-who-verifies") as phone:
        log_in(service, phone, CLERK)
        apply(service, phone, CLERK)
        _sign_and_revoke(service, phone, folder)
    return folder


def _sign_and_revoke(service: LiveService, phone: VirtualPhone, folder: Path) -> None:
    document = Document(title="合同", media_type="text/plain", content=b"contract", format="cms")
    with service.business() as business:
        asked = business.request_signature([document])
        phone.scan(asked.qr)
        phone.approve(pin=CLERK.pin)
        business.wait_until_done(asked.id, timeout=10)
        result = business.result(asked.id)
        (folder / "signature.p7s").write_bytes(result.documents[0].cms)
        (folder / "before.ocsp").write_bytes(result.ocsp or b"")
        (folder / "before.json").write_bytes(business.evidence(asked.id).encode())
        time.sleep(1.1)  # a status counts whole seconds
        with legal_person.at_the_portal(service) as portal:
            legal_person.revoke(service, portal, phone.certificate().shield_number)
        (folder / "after.json").write_bytes(business.evidence(asked.id).encode())


def _write(folder: Path, result: Result) -> None:
    for name, document in zip(_FORMATS, result.documents, strict=True):
        (folder / f"{name}.p7s").write_bytes(document.cms)
    (folder / "message.xml").write_bytes(CONTENT)
    (folder / "message.xml.sig").write_bytes(result.documents[0].signature)
    issuing, root = result.chain_pem
    (folder / "signer.pem").write_text(result.certificate_pem)
    (folder / "issuing.pem").write_text(issuing)
    (folder / "root.pem").write_text(root)


@pytest.fixture
def visit(browser: Browser, party: Party) -> Iterator[Callable[..., Visitor]]:
    """Opens the page in a browser of its own; at the end it has done nothing that it must not."""
    with visiting(browser, party.service.origin) as open_page:
        yield open_page

"""PDFs signed by the service, verified by PDFBox with BouncyCastle, poppler and pyHanko."""

import io
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import pikepdf
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, ModificationLevel

from mshield.client import Document, VerificationError
from mshield.gm.engine import load_engine
from mshield.pki.foreign.pdf import verify_pdf, verify_pdf_revisions
from mshield.pki.signatures.formats import AskedOptions, Options
from mshield.testkit.demo.people import OPERATOR
from tests.interop.judge import Rejected, judge_pdf
from tests.interop.test_documents import Filed
from tests.support import pdfs
from tests.support.clock import Clock
from tests.support.killed_service import Mortal, mortal_service

DISPLAY: Final = (("总价", "100.00"),)
FORMS: Final = {
    "rfc": AskedOptions(),
    "rfc with display": AskedOptions(bind_display=True),
    "gb35275": AskedOptions(pdf_signature="gb35275"),
    "cades": AskedOptions(pdf_signature="cades"),
    "cades with display": AskedOptions(pdf_signature="cades", bind_display=True),
}


@pytest.fixture
def service(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mortal]:
    """On one database only, since files don't depend on it; the clock is an hour behind."""
    clock = Clock(time.time_ns() // 1_000_000 - 3_600_000)
    with mortal_service(sqlite_url, tmp_path, clock, monkeypatch) as running:
        yield running


def packed(octets: bytes, **how: object) -> bytes:
    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(octets)) as read:
        read.save(file, **how)  # type: ignore[arg-type]  # its own options
    return file.getvalue()


def contents() -> dict[str, bytes]:
    """Returns one PDF per format of signature: with a table, a stream, linearized, rotated, with Chinese names."""
    plain = pdfs.contract(2)
    return {
        "rfc": plain,
        "rfc with display": packed(plain, object_stream_mode=pikepdf.ObjectStreamMode.generate),
        "gb35275": packed(plain, linearize=True),
        "cades": pdfs.pdf(page=b"/Rotate 90"),
        "cades with display": pdfs.pdf(page=b"/CropBox [100 100 300 300]"),
    }


def document(name: str, content: bytes) -> Document:
    return Document(
        title=f"合同 {name}",
        media_type="application/pdf",
        content=content,
        display=DISPLAY,
        format="pdf",
        options=FORMS[name],
    )


def signed_by(service: Mortal, folder: Path, documents: list[Document]) -> Filed:
    phone = service.enrolled(folder)
    with service.business() as business:
        asked = business.request_signature(documents)
        phone.scan(asked.qr)
        phone.approve(pin=OPERATOR.pin, confirmed=phone.wanted())
        return Filed(service, business, asked)


def structure(file: Path) -> list[str]:
    """Returns poppler's report on each signature's place in the file."""
    said = subprocess.run(["pdfsig", str(file)], capture_output=True, text=True, check=False).stdout
    return [line.strip(" -") for line in said.splitlines() if "total document signed" in line.lower()]


def test_each_form_is_verified_and_judged(service: Mortal, tmp_path: Path) -> None:
    documents = [document(name, content) for name, content in contents().items()]
    filed = signed_by(service, tmp_path / "phone", documents)
    found = filed.result.verify(roots=[filed.root], documents=documents, at=filed.at)
    assert {one.name for one in found} == {OPERATOR.name}
    file = tmp_path / "signed.pdf"
    for sent, signed, bundle in zip(documents, filed.result.documents, filed.bundles, strict=True):
        name = sent.title.removeprefix("合同 ")
        assert sent.content is not None
        assert signed.file.startswith(sent.content), name
        seen = verify_pdf(load_engine(), signed.file)
        assert seen.p7.arc == ("gb" if "gb35275" in name else "rfc")
        assert (seen.p7.display is not None) == ("with display" in name)
        assert filed.verified(bundle).display_bound == ("with display" in name)
        file.write_bytes(signed.file)
        said = judge_pdf(file)
        assert f"name {OPERATOR.name}" in said
        assert ("ETSI.CAdES.detached" in said) == ("cades" in name)
        assert structure(file) == ["Total document signed"], name
        other = bytearray(signed.file)
        other[20] ^= 1
        file.write_bytes(other)
        with pytest.raises(Rejected):
            judge_pdf(file)


def test_later_signature_is_appended_to_the_first(service: Mortal, tmp_path: Path) -> None:
    """Three signatures in a row. pyHanko, which reads only RFC 5652, finds that only fields were added."""
    phone = service.enrolled(tmp_path / "phone")
    files = [pdfs.contract(2)]
    names = ("rfc", "cades", "rfc with display")
    for name in names:
        with service.business() as business:
            asked = business.request_signature([document(name, files[-1])])
            phone.scan(asked.qr)
            phone.approve(pin=OPERATOR.pin)
            files.append(business.result(asked.id).documents[0].file)
    seen = verify_pdf_revisions(load_engine(), files[-1])
    assert [one.end for one in seen] == [len(file) for file in files[1:]]
    read = PdfFileReader(io.BytesIO(files[-1]))
    embedded = read.embedded_signatures
    assert len(embedded) == len(names)
    for one in embedded:
        one.coverage = one.evaluate_signature_coverage()
    assert [one.coverage.name for one in embedded] == ["ENTIRE_REVISION"] * 2 + ["ENTIRE_FILE"]
    changes = [one.evaluate_modifications(DEFAULT_DIFF_POLICY) for one in embedded[:-1]]
    assert [getattr(change, "modification_level", change) for change in changes] == [
        ModificationLevel.FORM_FILLING
    ] * 2
    file = tmp_path / "signed.pdf"
    file.write_bytes(files[-1])
    assert structure(file) == ["Not total document signed"] * 2 + ["Total document signed"]


def test_a_bundle_of_another_file_fails(service: Mortal, tmp_path: Path) -> None:
    filed = signed_by(service, tmp_path / "phone", [document("cades", pdfs.contract(1))])
    (bundle,) = filed.bundles
    update, options = bundle.document.update, bundle.document.options
    assert isinstance(update, bytes)
    assert isinstance(options, Options)
    for changes in (
        {"update": update.replace(b"/Adobe.PPKLite", b"/Adobe.PPKLitf")},
        {"update": update[:-1]},
        {"update": msgspec.UNSET},
        {"format": "cms"},
        {"options": msgspec.structs.replace(options, pdf_signature="rfc")},
        {"options": msgspec.structs.replace(options, bind_display=True)},
        {"content": pdfs.contract(2)},
    ):
        other = msgspec.structs.replace(bundle.document, **changes)
        with pytest.raises(VerificationError) as error:
            filed.verified(msgspec.structs.replace(bundle, document=other))
        assert error.value.code in {"unreadable", "message_mismatch"}, changes

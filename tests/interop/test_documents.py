"""One PIN signs documents of all formats; the SDK verifies each and its bundle, BouncyCastle the parts."""

import base64
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
import msgspec
import pytest

from mshield.client import BusinessClient, Created, Digest, Document, Result, VerificationError
from mshield.client.evidence.verify import Evidence, VerifiedEvidence, verify_evidence
from mshield.gm.sm3 import sm3
from mshield.pki.asn1 import pem
from mshield.pki.signatures.formats import FORMATS, AskedOptions, Options
from mshield.server.log.sequence import sequence
from mshield.server.systems.unshown import allow_unshown
from mshield.testkit.demo.people import OPERATOR
from tests.interop.judge import judge, judge_p7
from tests.support.application import ORIGIN
from tests.support.clock import Clock
from tests.support.killed_service import Mortal, killable_service, mortal_service
from tests.support.second_person import SECOND

CONTENT: Final = "<报关单><总价>126000.00 欧元</总价></报关单>".encode()
DISPLAY: Final = (("总价", "126000.00 欧元"), ("申报日期", ""))
DOCUMENTS: Final = (
    Document(title="报关单", media_type="application/xml", content=CONTENT, display=DISPLAY),
    Document(title="报关单", media_type="application/xml", content=CONTENT, display=DISPLAY, format="cms"),
    Document(
        title="报关单", media_type="application/xml", content=CONTENT, display=DISPLAY, format="cms_detached"
    ),
    Document(
        title="随附单据",
        media_type="application/pdf",
        digest=Digest.of(CONTENT),
        display=DISPLAY,
        format="cms_detached",
    ),
)


@pytest.fixture
def clock() -> Clock:
    """An hour ago: BouncyCastle uses its own clock and refuses future times."""
    return Clock(time.time_ns() // 1_000_000 - 3_600_000)


service = killable_service()


@pytest.fixture
def gb_service(
    sqlite_url: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Mortal]:
    """Returns a service on SQLite alone: the signed files don't depend on the database."""
    with mortal_service(sqlite_url, tmp_path, clock, monkeypatch) as running:
        let_ask_unshown(running)
        yield running


def let_ask_unshown(service: Mortal) -> None:
    assert service.app is not None
    db, now = service.app.state.context.db, service.clock()
    service.run(allow_unshown(db, service.client_id, reason="原件在柜台", second_person=SECOND, now=now))


class Filed:
    """The signed documents and everything to verify them."""

    def __init__(self, service: Mortal, business: BusinessClient, asked: Created) -> None:
        self.service, self.asked = service, asked
        self.at = datetime.fromtimestamp(service.clock() / 1000, UTC)
        self.result: Result = business.result(asked.id)
        self.root = self.fetch("/pki/root.cer")
        app = service.app
        assert app is not None
        log = app.state.context.log
        self.log_key = str(log.key.verifier)
        service.run(sequence(log, now=service.clock()))
        self.bundles = [
            business.evidence(asked.id, document=place) for place in range(len(self.result.documents))
        ]

    def fetch(self, path: str) -> bytes:
        return self.service.handle(httpx.Request("GET", ORIGIN + path)).content

    def verified(self, evidence: Evidence) -> VerifiedEvidence:
        return verify_evidence(evidence, roots=[self.root], log_keys=[self.log_key], at=self.at)

    def lay_out(self, evidence: Evidence, folder: Path) -> Path:
        """Writes the parts of a bundle and the lists as files for the judge."""
        folder.mkdir()
        files = {
            "root.pem": pem.encode("CERTIFICATE", self.root).encode(),
            "issuing.pem": evidence.chain_pem[0].encode(),
            "leaf.pem": evidence.certificate_pem.encode(),
            "signature.der": evidence.signature.value,
            "signature.p7s": evidence.signature.cms,
            "crl.der": self.fetch("/pki/issuing.crl"),
            "root-crl.der": self.fetch("/pki/root.crl"),
            "ocsp.der": evidence.status.ocsp,
        }
        if evidence.document.content is None:
            files["digest.bin"] = bytes.fromhex(evidence.document.digest_sm3)
        else:
            files["message.bin"] = evidence.document.content
        if evidence.signature.attributes is not None:
            files["attributes.der"] = evidence.signature.attributes
        for name, content in files.items():
            (folder / name).write_bytes(content)
        return folder


GB: Final = {
    "gb35275": AskedOptions(),
    "gb35275 by time": AskedOptions(signing_time=True),
    "gb35275 alone": AskedOptions(attributes=False),
    "gb35275 of 501": AskedOptions(signature_algorithm="501", parameters="absent", certificates="signer"),
    "gb35275_detached": AskedOptions(signature_value="raw"),
    "gb35275_detached alone": AskedOptions(attributes=False, signature_algorithm="301"),
    "gb35275_detached elsewhere": AskedOptions(certificates="none"),
    "gb35275_digest": AskedOptions(),
    "raw": AskedOptions(arc="gb"),
}
"""Options by a format's name, followed by what distinguishes them."""


def gb_document(name: str) -> Document:
    is_elsewhere = name.endswith("elsewhere")
    return Document(
        title=name,
        media_type="application/xml",
        content=None if is_elsewhere else CONTENT,
        digest=Digest.of(CONTENT) if is_elsewhere else None,
        display=DISPLAY,
        format=FORMATS[name.partition(" ")[0]],
        options=GB[name],
    )


@pytest.fixture
def filed(service: Mortal, tmp_path: Path) -> Filed:
    phone = service.enrolled(tmp_path / "phone")
    let_ask_unshown(service)
    with service.business() as business:
        asked = business.request_signature(DOCUMENTS)
        tasks = phone.scan(asked.qr).tasks
        assert [task.content for task in tasks] == [CONTENT, CONTENT, CONTENT, None]
        assert set(phone.wanted().values()) == {"unread"}  # only the digest is signed
        phone.approve(pin=OPERATOR.pin, confirmed=phone.wanted())
        return Filed(service, business, asked)


def test_each_form_is_verified_and_judged(filed: Filed, tmp_path: Path) -> None:
    found = filed.result.verify(roots=[filed.root], documents=DOCUMENTS, at=filed.at)
    assert [each.attributes is None for each in found] == [True, False, False, False]
    assert {each.name for each in found} == {OPERATOR.name}
    for place, evidence in enumerate(filed.bundles):
        proved = filed.verified(evidence)
        assert (proved.content is None) == (place == 3)
        assert base64.b64encode(evidence.signature.cms).decode() == filed.result.documents[place].cms_b64
        lines = judge(filed.lay_out(evidence, tmp_path / str(place)), at=filed.service.clock())
        assert sum("CMS SignedData" in line or "OCSP status good" in line for line in lines) == 2
        assert any("PKIX path of 2 certificates" in line for line in lines)


def test_sent_documents_are_compared_and_digest_only_content_is_absent(filed: Filed) -> None:
    def verify(*documents: bytes | Digest | Document) -> None:
        filed.result.verify(roots=[filed.root], documents=documents, at=filed.at)

    verify(CONTENT, CONTENT, CONTENT, CONTENT)
    verify(*[Digest.of(CONTENT)] * 4)
    for place in range(4):
        other: list[bytes] = [CONTENT] * 4
        other[place] = b"other"
        with pytest.raises(VerificationError) as error:
            verify(*other)
        assert error.value.code == "message_mismatch"
    with pytest.raises(VerificationError):
        verify(CONTENT)
    shown = Document(title="其他", media_type="application/xml", content=CONTENT, format="cms")
    with pytest.raises(VerificationError) as error:
        verify(CONTENT, shown, CONTENT, CONTENT)
    assert error.value.code == "display_mismatch"
    row = filed.service.fetch("SELECT content, size, message FROM tasks WHERE title = '随附单据'")
    assert (row["content"], row["size"]) == (None, len(CONTENT))
    assert sm3(CONTENT) in row["message"]
    assert filed.bundles[3].document.content is None


def test_each_option_of_gb_35275_is_verified_and_judged(gb_service: Mortal, tmp_path: Path) -> None:
    phone = gb_service.enrolled(tmp_path / "phone")
    documents = [gb_document(name) for name in GB]
    with gb_service.business() as business:
        asked = business.request_signature(documents)
        phone.scan(asked.qr)
        phone.approve(pin=OPERATOR.pin, confirmed=phone.wanted())
        filed = Filed(gb_service, business, asked)
        again = business.result(
            asked.id, options=AskedOptions(signature_algorithm="501", signature_value="der")
        )
    filed.result.verify(roots=[filed.root], documents=documents, at=filed.at)
    leaf, issuing = tmp_path / "leaf.cer", tmp_path / "issuing.cer"
    leaf.write_bytes(pem.decode("CERTIFICATE", filed.result.certificate_pem)[0])
    issuing.write_bytes(pem.decode("CERTIFICATE", filed.result.chain_pem[0])[0])
    content, file = tmp_path / "content", tmp_path / "file.p7s"
    content.write_bytes(CONTENT)
    for name, signed, other, bundle in zip(
        GB, filed.result.documents, again.documents, filed.bundles, strict=True
    ):
        assert filed.verified(bundle).display_bound == (signed.signed_attributes_b64 is not None)
        assert bundle.document.options == signed.options
        assert bundle.signature.cms == signed.cms
        assert base64.b64decode(signed.signature_raw_b64 or "") == signed.signature_raw
        beside: list[str | Path] = ["--issuer", issuing, "--cert", leaf, "--content", content]
        beside += ["--form", "digest"] if name == "gb35275_digest" else []
        file.write_bytes(signed.cms)
        accepted, _ = judge_p7(file, *beside)
        assert accepted, name
        file.write_bytes(other.cms)
        # BouncyCastle's own classes know only .501, and need the certificate inside.
        assert judge_p7(file, *beside) == (True, "elsewhere" not in name), name


def test_a_bundle_with_other_options_than_were_signed_fails(gb_service: Mortal, tmp_path: Path) -> None:
    phone = gb_service.enrolled(tmp_path / "phone")
    with gb_service.business() as business:
        asked = business.request_signature([gb_document("gb35275 by time"), gb_document("raw")])
        phone.scan(asked.qr)
        phone.approve(pin=OPERATOR.pin, confirmed=phone.wanted())
        filed = Filed(gb_service, business, asked)
    timed, raw = filed.bundles
    for bundle, changes in (
        (timed, {"signing_time": False}),
        (timed, {"display_oid": "2.999.1"}),
        (timed, {"signature_algorithm": "501"}),
        (timed, {"arc": "gb"}),
        (raw, {"parameters": "absent"}),
        (raw, {"attributes": True}),
    ):
        assert isinstance(bundle.document.options, Options)
        options = msgspec.structs.replace(bundle.document.options, **changes)
        document = msgspec.structs.replace(bundle.document, options=options)
        with pytest.raises(VerificationError) as error:
            filed.verified(msgspec.structs.replace(bundle, document=document))
        assert error.value.code in {"unreadable", "message_mismatch"}

"""Evidence bundles made without a service: the tests' authority signs, and a log of a few entries proves it."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mshield.gm import sm2
from mshield.gm.sm3 import sm3
from mshield.pki.asn1.arcs import DISPLAY_OID
from mshield.pki.revocation.ocsp import CertStatus, Good
from mshield.pki.signatures.belonging import belonging
from mshield.pki.signatures.cms import build_signed_data
from mshield.pki.signatures.display import BoundDisplay, Confirmed, Drawing, Pages, display_bytes
from mshield.pki.signatures.evidence import (
    TYPE,
    Evidence,
    EvidenceDocument,
    EvidenceEntry,
    EvidenceHolder,
    EvidenceLine,
    EvidenceLog,
    EvidenceRequest,
    EvidenceShown,
    EvidenceSignature,
    EvidenceStatus,
    EvidenceSystem,
    EvidenceTimeStamp,
    Kind,
)
from mshield.pki.signatures.formats import (
    NO_OPTIONS,
    XML,
    Format,
    Options,
    attributes_in,
    inside,
    message_of,
    pdf_attributes,
    profile_of,
    wrapper_of,
)
from mshield.pki.signatures.pdf import SUBFILTERS, PdfAttributes, covered_digest
from mshield.pki.signatures.signed_attributes import SignedAttributes
from mshield.pki.timestamps.algorithms import hashed
from mshield.pki.timestamps.token import parse_token
from mshield.pki.tlog.entry import (
    ActEntry,
    Holder,
    SignatureEntry,
    ViewEntry,
    asked_by,
    binding,
    commitment,
    signature_row,
)
from mshield.pki.tlog.merkle import inclusion_ranges, leaf_hash, node_hash
from mshield.pki.tlog.note import Checkpoint, VerifierKey, sign_note
from mshield.pki.xml.making import serial_name, signed_file
from mshield.server.content.pdf_order import SAMPLE, Seal
from mshield.server.content.pdf_update import prepared
from mshield.views import compare_words, draw, read_view
from mshield.wire.login_message import LOGIN_TYPE, LoginMessage
from tests.unit.client.statuses import ocsp
from tests.unit.pki.authority import NOW, Authority

CONTENT: Final = "<报关单><总价>126000.00</总价></报关单>".encode()
LINES: Final = (("总价", "126000.00 欧元"), ("币制", ""))
SIGNED_AT: Final = NOW + 3_600_123
SYSTEM: Final = EvidenceSystem(client_id="bs", name="单一窗口", domain="singlewindow.example")
REQUEST: Final = "019ab5f0-6c1e-7d52-9c0b-0f6f0f1d8c11"
SHIELD_NUMBER: Final = "MS00000000018"
HOLDER: Final = Holder(SHIELD_NUMBER, "330206********4218")
SID, UID, SALT = b"s" * 16, b"u" * 16, b"a" * 32
LOG_KEY: Final = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
VKEY: Final = VerifierKey("shield.example/log", LOG_KEY.public_key().public_bytes_raw())


@dataclass(frozen=True)
class Maker:
    """Settings of a bundle; tests change one to introduce a fault."""

    a: Authority
    format: Format = "cms"
    options: Options = NO_OPTIONS
    """All signature options in effect; the default attribute binds the display of a CMS without any."""
    signing_time: int | None = None
    kind: Kind = "signature"
    title: str = "报关单"
    content: bytes = CONTENT
    with_content: bool = True
    erased: bool = False
    """Whether the content was erased after it was signed, also in the CMS."""
    signed_at: int = SIGNED_AT
    status_at: int = SIGNED_AT + 60_000
    status: CertStatus = field(default_factory=Good)
    ca_status: CertStatus = field(default_factory=Good)
    view: bytes | None = None
    confirmed: Confirmed = "none"
    pages: Pages | None = None
    compared: bytes | None = None
    """SM3 of the comparison of lines and content, to report another than the real one."""
    holder: Holder = HOLDER
    registered: bool = True
    """Whether the bundle includes the log entry of its view, if it has a view."""
    registration: dict[str, Any] = field(default_factory=dict)
    """Changed fields of that log entry."""
    belongs: bool = False
    """Whether the log signs what belongs to the bundle; bundles made before it did have no note."""
    stamp: Callable[[bytes], Sequence[EvidenceTimeStamp]] = lambda _: ()
    """Makes the time stamps of a signature (DER)."""
    log_stamp: Callable[[bytes], Sequence[EvidenceTimeStamp]] = lambda _: ()
    """Makes the time stamps of a checkpoint (signed note)."""

    def __post_init__(self) -> None:
        if self.format in {"cms", "cms_detached"} and self.options == NO_OPTIONS:
            object.__setattr__(self, "options", Options(display_oid=DISPLAY_OID))

    def made(self) -> Evidence:
        """Returns the bundle."""
        return bound(self._made()) if self.belongs else self._made()

    def _made(self) -> Evidence:
        digest = sm3(self.content)
        said: dict[str, Any] = {
            "digest": digest,
            "display": sm3(self._display()),
            "signing_time": self.signing_time,
        }
        attributes: SignedAttributes | PdfAttributes | None
        update = self._update()
        if update is None:
            attributes = attributes_in(self.format, self.options, **said)
            message = message_of(self.format, self.options, content=self.content, **said)
        else:
            attributes = pdf_attributes(
                self.options,
                covered=covered_digest(self.content, update),
                display=said["display"],
                certificate=sm3(self.a.leaf.der),
            )
            message = attributes.encode()
        signature = self.a.leaf_key.sign(message)
        stamps = tuple(self.stamp(signature.to_der()))
        return Evidence(
            type=TYPE,
            request=EvidenceRequest(id=REQUEST, kind=self.kind, business_system=SYSTEM),
            document=EvidenceDocument(
                sid=SID.hex(),
                title=self.title,
                media_type="application/xml",
                format=self.format,
                size=len(self.content),
                digest_sm3=sm3(self.content).hex(),
                content=self.content if self.with_content and not self.erased else None,
                display=tuple(EvidenceLine(label=label, value=value) for label, value in LINES),
                view=self.view,
                drawn=None if self.view is None else draw(read_view(self.view), self.content).digest.hex(),
                shown=self._shown(),
                options=msgspec.UNSET if self.options == NO_OPTIONS else self.options,
                update=msgspec.UNSET if update is None else update,
            ),
            signature=EvidenceSignature(
                signed_at=self.signed_at,
                value=signature.to_der(),
                attributes=None if attributes is None else message,
                file=b"" if self.format != XML else self._file(digest, signature),
                cms=b""
                if self.format == XML
                else build_signed_data(
                    content=inside(self.format, content=None if self.erased else self.content, digest=digest),
                    signature=signature,
                    certificate=self.a.leaf,
                    chain=[self.a.issuing, self.a.root],
                    attributes=attributes,
                    time_stamps=[stamp.token for stamp in stamps if is_on(stamp, signature.to_der())],
                    options=wrapper_of(self.format, self.options),
                ),
            ),
            certificate_pem=self.a.leaf.pem(),
            chain_pem=(self.a.issuing.pem(), self.a.root.pem()),
            status=EvidenceStatus(
                ocsp=ocsp(self.a, self.a.leaf, self.status, at=self.status_at),
                ca_ocsp=ocsp(self.a, self.a.issuing, self.ca_status, at=self.status_at),
            ),
            log=self._log(sm2.digest(self.a.leaf.public_key, message), signature),
            time_stamps=stamps,
            holder=EvidenceHolder(
                shield_number=self.holder.shield_number, id_number_masked=self.holder.id_number_masked
            ),
        )

    def _file(self, digest: bytes, signature: sm2.Signature) -> bytes:
        leaf = self.a.leaf
        if b"</" not in self.content:  # a PDF is no canonical XML
            return self.content or b"none"
        by_serial = self.options.key_name == "serial"
        return signed_file(
            self.content,
            digest,
            profile_of(self.options),
            value=signature.to_raw(),
            key_name=serial_name(leaf.serial) if by_serial else SHIELD_NUMBER,
            certificate=leaf.der,
        )

    def _update(self) -> bytes | None:
        """Returns the bytes appended to a PDF with an embedded signature."""
        if self.format != "pdf":
            return None
        seal = Seal(name="李明", number="MS12345678901", time="2026-11-28 21:14:05 +08:00")
        subfilter = SUBFILTERS["cades" if self.options.pdf_signature == "cades" else "rfc"]
        return prepared(self.content, replace(SAMPLE, subfilter=subfilter, seal=seal))

    def _drawing(self) -> Drawing | None:
        if self.kind == "login":
            return None
        if self.view is None:
            return Drawing()
        view = read_view(self.view)
        return Drawing(view.digest, draw(view, self.content).digest)

    def _display(self) -> bytes:
        return display_bytes(
            title=self.title,
            media_type="application/xml",
            size=len(self.content),
            lines=LINES,
            drawing=self._drawing(),
        )

    def _compared(self) -> bytes | None:
        if self.compared is not None or not self.with_content:
            return self.compared
        drawn = None if self.view is None else draw(read_view(self.view), self.content)
        return compare_words(
            self.title, LINES, content=self.content, media_type="application/xml", drawn=drawn
        ).digest

    def _shown(self) -> EvidenceShown | None:
        if self._drawing() is None:
            return None
        compared = self._compared()
        return EvidenceShown(
            compared=None if compared is None else compared.hex(),
            confirmed=self.confirmed,
            pages=msgspec.UNSET if self.pages is None else self.pages,
        )

    def _bound(self) -> bytes | None:
        drawing = self._drawing()
        if drawing is None:
            return None
        bound = BoundDisplay(
            content=sm3(self.content),
            display=sm3(self._display()),
            drawing=drawing,
            compared=self._compared(),
        )
        return bound.shown(self.confirmed, self.pages)

    def _asked(self) -> bytes:
        return asked_by(
            client_id=SYSTEM.client_id, name=SYSTEM.name, domain=SYSTEM.domain, display=self._display()
        )

    def _log(self, digest: bytes, signature: sm2.Signature) -> EvidenceLog:
        row = signature_row(
            sid=SID,
            uid=UID,
            request_id=REQUEST,
            purpose="login" if self.kind == "login" else "sign",
            digest=digest,
            signature=signature.to_raw(),
            signed_at=self.signed_at,
            serial=f"{self.a.leaf.serial:040x}",
            asked=self._asked(),
            shown=self._bound(),
            holder=self.holder,
            belongs=self.belongs,
        )
        entry = SignatureEntry(
            self.signed_at, SID, binding(digest, signature.to_raw()), commitment(SALT, row)
        ).encode()
        log = logged(entry, view=self._registration())
        return msgspec.structs.replace(
            log, time_stamps=tuple(self.log_stamp(log.checkpoint.encode())) or msgspec.UNSET
        )

    def _registration(self) -> bytes | None:
        if self.view is None or not self.registered:
            return None
        view = read_view(self.view)
        said: dict[str, Any] = {
            "at": self.signed_at - 1000,
            "client_id": SYSTEM.client_id,
            "view_id": view.id,
            "version": view.version,
            "digest": view.digest,
            "asked_by": bytes(32),
            "approved_by": bytes(32),
            "row": bytes(32),
        }
        return ViewEntry(**(said | self.registration)).encode()


def bound(evidence: Evidence) -> Evidence:
    """Returns the bundle with the log's note about what belongs to it."""
    note = sign_note(belonging(evidence), VKEY, LOG_KEY)
    return msgspec.structs.replace(evidence, log=msgspec.structs.replace(evidence.log, belongs=note))


def is_on(stamp: EvidenceTimeStamp, data: bytes) -> bool:
    """Reports whether the stamp covers these bytes."""
    info = parse_token(stamp.token).info
    return hashed(info.hash, data) == info.digest


def logged(
    entry: bytes, *, view: bytes | None = None, key: Ed25519PrivateKey = LOG_KEY, name: str = VKEY.name
) -> EvidenceLog:
    """Returns the proof from a log of five: this entry is the third, that of the view, if any, the second."""
    entries = [ActEntry(at, bytes(32)).encode() for at in range(5)]
    entries[2] = entry
    if view is not None:
        entries[1] = view
    leaves = [leaf_hash(each) for each in entries]

    def root(start: int, end: int) -> bytes:
        if end - start == 1:
            return leaves[start]
        split = start + (1 << (end - start - 1).bit_length() - 1)
        return node_hash(root(start, split), root(split, end))

    verifier = VerifierKey(name, key.public_key().public_bytes_raw())
    return EvidenceLog(
        key=str(verifier),
        uid=UID.hex(),
        salt=SALT,
        entry=entry,
        index=2,
        hashes=tuple(root(*each) for each in inclusion_ranges(2, len(leaves))),
        checkpoint=Checkpoint(name, len(leaves), root(0, len(leaves))).sign(verifier, key),
        view=msgspec.UNSET
        if view is None
        else EvidenceEntry(
            entry=view, index=1, hashes=tuple(root(*each) for each in inclusion_ranges(1, len(leaves)))
        ),
    )


def login_message() -> bytes:
    """Returns the message that a login for this request signs."""
    return LoginMessage(
        type=LOGIN_TYPE,
        request_id=REQUEST,
        client_id=SYSTEM.client_id,
        domain=SYSTEM.domain,
        name=SYSTEM.name,
        nonce=hashlib.sha256(b"nonce").hexdigest()[:32],
        issued_at=NOW,
    ).encode()

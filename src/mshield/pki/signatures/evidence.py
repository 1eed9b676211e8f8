"""The evidence bundle `mshield-evidence/v2` (docs/evidence.md): one JSON file with all that proves one signature.

v1, which has neither time stamps nor what was shown, is read for good, and no longer made. Reading is strict: no field
too many, too few or twice, no second spelling of a value. What the values say is judged by `mshield.client.evidence`.
"""

import json
from collections.abc import Iterator
from typing import Annotated, Final, Literal

import msgspec

from mshield.gm.sm3 import sm3
from mshield.pki.errors import EvidenceError
from mshield.pki.signatures.display import Confirmed, Drawing, Pages
from mshield.pki.signatures.formats import XML, Format, Options
from mshield.pki.strict_json import read_json
from mshield.pki.tlog.proof import InclusionProof

TYPE: Final = "mshield-evidence/v2"
MEDIA_TYPE: Final = "application/vnd.mshield.evidence+json"
Kind = Literal["login", "signature"]
_Hex16 = Annotated[str, msgspec.Meta(min_length=32, max_length=32)]
_Hex32 = Annotated[str, msgspec.Meta(min_length=64, max_length=64)]
TimeStampProfile = Literal["sm2", "p256"]
"""Whose algorithms a time stamp has: SM2 with SM3, or ECDSA on P-256 with SHA-256."""

_Count = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the bundle; bytes stand in base64."""


class EvidenceSystem(_Part, frozen=True):
    """The business system that asked."""

    client_id: str
    name: str
    domain: str


class EvidenceRequest(_Part, frozen=True):
    """What was asked, and by whom."""

    id: str
    kind: Kind
    business_system: EvidenceSystem


class EvidenceLine(_Part, frozen=True):
    """A line of the display."""

    label: str
    value: str


class EvidenceShown(_Part, frozen=True):
    """What the phone told of what it showed: `compared` SM3 of how the asker's words stand to the content (hex).

    `pages` are those that were on the screen, of a document that was signed unread; unset where nobody told.
    """

    compared: _Hex32 | None
    confirmed: Confirmed
    pages: Pages | msgspec.UnsetType = msgspec.UNSET


class EvidenceDocument(_Part, frozen=True):
    """The document: its content, or null where only `digest_sm3` (hex) and `size` ever left the business system.

    `view` are the canonical octets of the view that drew it, `drawn` the SM3 of the drawn lines (hex), both null
    without one; `shown` is null for a login, and for what is older. v1 has none of the three: there they are unset.
    `options` are the format's, unset where it has none, and for what is older. `update` is there for a PDF that was
    signed in itself: behind the content it makes the file whose gap the signature fills.
    """

    sid: _Hex16
    title: str
    media_type: str
    format: Format
    size: _Count
    digest_sm3: _Hex32
    content: bytes | None = msgspec.field(name="content_b64")
    display: tuple[EvidenceLine, ...]
    view: bytes | msgspec.UnsetType | None = msgspec.field(name="view_b64", default=msgspec.UNSET)
    drawn: _Hex32 | msgspec.UnsetType | None = msgspec.UNSET
    shown: EvidenceShown | msgspec.UnsetType | None = msgspec.UNSET
    options: Options | msgspec.UnsetType = msgspec.UNSET
    update: bytes | msgspec.UnsetType = msgspec.field(name="update_b64", default=msgspec.UNSET)

    @property
    def drawing(self) -> Drawing | None:
        """By which view it was drawn, and as what; None where what was shown is not told at all."""
        if not isinstance(self.shown, EvidenceShown):
            return None
        return Drawing(
            sm3(self.view) if isinstance(self.view, bytes) else None,
            bytes.fromhex(self.drawn) if isinstance(self.drawn, str) else None,
        )

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """The display as pairs of label and value."""
        return tuple((line.label, line.value) for line in self.display)


class EvidenceSignature(_Part, frozen=True, omit_defaults=True):
    """The signature (DER), the signed attributes where it is over those, both once more as CMS; `signed_at` in ms.

    By the format `xml` the finished `file` stands in place of the CMS; whichever isn't there is empty.
    """

    signed_at: _Count
    value: bytes = msgspec.field(name="signature_b64")
    attributes: bytes | None = msgspec.field(name="signed_attributes_b64")
    cms: bytes = msgspec.field(name="cms_b64", default=b"")
    file: bytes = msgspec.field(name="file_b64", default=b"")


class EvidenceStatus(_Part, frozen=True):
    """OCSP responses (DER): of the signer's certificate, and of the CA that issued it."""

    ocsp: bytes = msgspec.field(name="ocsp_b64")
    ca_ocsp: bytes = msgspec.field(name="ca_ocsp_b64")


class EvidenceTimeStamp(_Part, frozen=True):
    """A time stamp token (DER of its ContentInfo); profile and time (`at`, ms) are the token's own, once more."""

    token: bytes = msgspec.field(name="token_b64")
    profile: TimeStampProfile
    at: _Count


class EvidenceEntry(_Part, frozen=True):
    """Another entry of the log, with its proof under the same checkpoint."""

    entry: bytes = msgspec.field(name="entry_b64")
    index: _Count
    hashes: tuple[bytes, ...] = msgspec.field(name="hashes_b64")


class EvidenceLog(_Part, frozen=True):
    """The proof that the log has it; `key` is the log's vkey, `salt` and `uid` (hex) open the entry's row.

    `view` is the entry of the view by which the document was drawn, `time_stamps` are on the checkpoint's octets; both
    unset where there is none, and for what is older.
    """

    key: str
    uid: _Hex16
    salt: bytes = msgspec.field(name="salt_b64")
    entry: bytes = msgspec.field(name="entry_b64")
    index: _Count
    hashes: tuple[bytes, ...] = msgspec.field(name="hashes_b64")
    checkpoint: str
    view: EvidenceEntry | msgspec.UnsetType = msgspec.UNSET
    time_stamps: tuple[EvidenceTimeStamp, ...] | msgspec.UnsetType = msgspec.UNSET

    @property
    def stamps(self) -> tuple[EvidenceTimeStamp, ...]:
        """The time stamps on the checkpoint."""
        return () if self.time_stamps is msgspec.UNSET else self.time_stamps

    @property
    def proof(self) -> InclusionProof:
        """The proof by itself."""
        return InclusionProof(self.entry, self.index, self.hashes, self.checkpoint)


class EvidenceHolder(_Part, frozen=True):
    """Whose shield signed, as the log's entry has it: its number, and the id number with its middle hidden.

    The latter is null where the operator keeps id numbers out of certificates and evidence.
    """

    shield_number: str
    id_number_masked: str | None


class Evidence(_Part, frozen=True):
    """A bundle. `chain_pem` is the issuing CA, then the root, which is not to be trusted for standing here.

    What v1 doesn't have is unset there. `holder` is unset for what is older than that part of the log's entry.
    """

    type: Literal["mshield-evidence/v1", "mshield-evidence/v2"]
    request: EvidenceRequest
    document: EvidenceDocument
    signature: EvidenceSignature
    certificate_pem: str
    chain_pem: tuple[str, str]
    status: EvidenceStatus
    log: EvidenceLog
    time_stamps: tuple[EvidenceTimeStamp, ...] | msgspec.UnsetType = msgspec.UNSET
    holder: EvidenceHolder | msgspec.UnsetType = msgspec.UNSET

    @property
    def stamps(self) -> tuple[EvidenceTimeStamp, ...]:
        """The time stamps, of which v1 has none."""
        return () if self.time_stamps is msgspec.UNSET else self.time_stamps

    def encode(self) -> bytes:
        """The file."""
        return msgspec.json.encode(self)

    def since_v2(self) -> Iterator[object]:
        """What v2 has beside what v1 has: all of it is there, or none."""
        document = self.document
        yield from (self.time_stamps, document.view, document.drawn, document.shown)


def parse_evidence(data: bytes) -> Evidence:
    """The bundle in a file. Raises EvidenceError for anything but the one form; white space and order are free."""
    try:
        content = read_json(data, floats=False)
        evidence = msgspec.convert(content, Evidence)
        if json.loads(evidence.encode()) != content:  # e.g. base64 with stray bits
            raise EvidenceError("a value is not in its one spelling")
        _require_of_version(evidence)
        if any(bytes.fromhex(text).hex() != text for text in _hex_texts(evidence)):
            raise EvidenceError("not lower-case hex")
        _require_whole(evidence)
    except (ValueError, RecursionError) as error:  # msgspec's, json's and base64's errors are ValueErrors
        raise EvidenceError(str(error)) from error
    return evidence


def _require_of_version(evidence: Evidence) -> None:
    if any((value is msgspec.UNSET) == (evidence.type == TYPE) for value in evidence.since_v2()):
        raise EvidenceError("a field is missing, or is of another version")
    document, log = evidence.document, evidence.log
    later = (document.options, document.update, evidence.holder, log.view, log.time_stamps)
    if evidence.type != TYPE and any(one is not msgspec.UNSET for one in later):
        raise EvidenceError("a field that was not there yet, in a bundle from before")


def _require_whole(evidence: Evidence) -> None:
    document, signature, log = evidence.document, evidence.signature, evidence.log
    if (document.format == XML) != bool(signature.file) or bool(signature.file) == bool(signature.cms):
        raise EvidenceError("another file than the format's")
    if (document.view is None) != (document.drawn is None) or (document.view and not document.shown):
        raise EvidenceError("a view without what it drew or what was shown, or the other way round")
    if (log.view is not msgspec.UNSET and not document.view) or log.time_stamps == ():
        raise EvidenceError("the entry of no view, or no time stamps where there should be some")
    if isinstance(document.shown, EvidenceShown) and not _are_pages(document.shown, document.drawn):
        raise EvidenceError("not the pages of a document that was signed unread")


def _are_pages(shown: EvidenceShown, drawn: object) -> bool:
    pages = shown.pages
    if pages is msgspec.UNSET:
        return True
    return shown.confirmed == "unread" and drawn is None and pages.is_of_form


def _hex_texts(evidence: Evidence) -> Iterator[str]:
    document = evidence.document
    yield from (document.sid, document.digest_sm3, evidence.log.uid)
    if isinstance(document.drawn, str):
        yield document.drawn
    if isinstance(document.shown, EvidenceShown) and document.shown.compared is not None:
        yield document.shown.compared


# Learned while it is imported, by one thread: two that read it first crash the process.
msgspec.json.Decoder(Evidence)

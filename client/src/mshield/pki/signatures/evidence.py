"""Evidence bundle `mshield-evidence/v2` (docs/evidence.md): one JSON file with everything that proves one signature.

Reading is strict: no missing, extra or repeated field, and one spelling per value.
`mshield.client.evidence.verify` checks the values.
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
"""Algorithms of a time stamp: SM2 with SM3, or ECDSA on P-256 with SHA-256."""

_Count = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the bundle; bytes are in base64."""


class EvidenceSystem(_Part, frozen=True):
    """Business system that requested the signature."""

    client_id: str
    name: str
    domain: str


class EvidenceRequest(_Part, frozen=True):
    """Request for the signature, with the business system that made it."""

    id: str
    kind: Kind
    business_system: EvidenceSystem


class EvidenceLine(_Part, frozen=True):
    """A line of the display."""

    label: str
    value: str


class EvidenceShown(_Part, frozen=True):
    """The phone's statement of what it displayed.

    `compared` is the SM3 (hex) of the comparison of the requester's description with the content. `pages` are the
    pages that were on the screen of a document that was signed unread; unset if the phone didn't report them.
    """

    compared: _Hex32 | None
    confirmed: Confirmed
    pages: Pages | msgspec.UnsetType = msgspec.UNSET


class EvidenceDocument(_Part, frozen=True):
    """Signed document. `content` is null if the service only ever had `digest_sm3` (hex) and `size`.

    `view` holds the canonical octets of the view that rendered it, `drawn` the SM3 (hex) of the rendered lines. Both
    are null without a view. `shown` is null for a login. `options` are those of the format; unset if it has none.
    `update` is set for a PDF signed by a signature in the file: appended to the content it makes the file whose gap
    the signature fills.
    """

    sid: _Hex16
    title: str
    media_type: str
    format: Format
    size: _Count
    digest_sm3: _Hex32
    content: bytes | None = msgspec.field(name="content_b64")
    display: tuple[EvidenceLine, ...]
    view: bytes | None = msgspec.field(name="view_b64")
    drawn: _Hex32 | None
    shown: EvidenceShown | None
    options: Options | msgspec.UnsetType = msgspec.UNSET
    update: bytes | msgspec.UnsetType = msgspec.field(name="update_b64", default=msgspec.UNSET)

    @property
    def drawing(self) -> Drawing | None:
        """The view that rendered it, and the result; None for a login."""
        if self.shown is None:
            return None
        return Drawing(
            None if self.view is None else sm3(self.view),
            None if self.drawn is None else bytes.fromhex(self.drawn),
        )

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """The display as pairs of label and value."""
        return tuple((line.label, line.value) for line in self.display)


class EvidenceSignature(_Part, frozen=True, omit_defaults=True):
    """Signature (DER), the signed attributes if it covers those, and both as CMS; `signed_at` in ms.

    The format `xml` has the finished `file` instead of the CMS; the other one is empty.
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
    """Time stamp token (DER of its ContentInfo); `profile` and `at` (ms) repeat the token's own values."""

    token: bytes = msgspec.field(name="token_b64")
    profile: TimeStampProfile
    at: _Count


class EvidenceEntry(_Part, frozen=True):
    """Another entry of the log, with its proof under the same checkpoint."""

    entry: bytes = msgspec.field(name="entry_b64")
    index: _Count
    hashes: tuple[bytes, ...] = msgspec.field(name="hashes_b64")


class EvidenceLog(_Part, frozen=True):
    """Proof that the log contains the signature; `key` is the log's vkey.

    `salt` and `uid` (hex) belong to the signature's row: with them a reader computes its commitment in the entry.
    `view` is the log entry of the view that rendered the document, `time_stamps` are on the checkpoint's octets. Both
    are unset if there is none. `belongs` is the log's signed note over the whole bundle; bundles made before there
    were any have none.
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
    belongs: str | msgspec.UnsetType = msgspec.UNSET

    @property
    def stamps(self) -> tuple[EvidenceTimeStamp, ...]:
        """The time stamps on the checkpoint."""
        return () if self.time_stamps is msgspec.UNSET else self.time_stamps

    @property
    def proof(self) -> InclusionProof:
        """The inclusion proof of the signature's entry."""
        return InclusionProof(self.entry, self.index, self.hashes, self.checkpoint)


class EvidenceHolder(_Part, frozen=True):
    """Holder of the shield that signed, as in the log's entry: its number, and the id number with its middle hidden.

    The id number is null if the operator keeps id numbers out of certificates and evidence.
    """

    shield_number: str
    id_number_masked: str | None


class Evidence(_Part, frozen=True):
    """Evidence bundle. `chain_pem` is the issuing CA, then the root. Trust the root only from another source."""

    type: Literal["mshield-evidence/v2"]
    request: EvidenceRequest
    document: EvidenceDocument
    signature: EvidenceSignature
    certificate_pem: str
    chain_pem: tuple[str, str]
    status: EvidenceStatus
    log: EvidenceLog
    time_stamps: tuple[EvidenceTimeStamp, ...]
    holder: EvidenceHolder

    def encode(self) -> bytes:
        """Encodes the bundle as a file."""
        return msgspec.json.encode(self)


def parse_evidence(data: bytes) -> Evidence:
    """Parses a bundle; white space and order of fields are free. Raises: EvidenceError."""
    try:
        content = read_json(data, floats=False)
        evidence = msgspec.convert(content, Evidence)
        if json.loads(evidence.encode()) != content:  # e.g. base64 with stray bits
            raise EvidenceError("a value is not in its only valid spelling")
        if any(bytes.fromhex(text).hex() != text for text in _hex_texts(evidence)):
            raise EvidenceError("not lower-case hex")
        _require_whole(evidence)
    except (ValueError, RecursionError) as error:  # msgspec's, json's and base64's errors are ValueErrors
        raise EvidenceError(str(error)) from error
    return evidence


def _require_whole(evidence: Evidence) -> None:
    document, signature, log = evidence.document, evidence.signature, evidence.log
    if (document.format == XML) != bool(signature.file) or bool(signature.file) == bool(signature.cms):
        raise EvidenceError("the format has the other kind of file")
    if (document.shown is None) != (evidence.request.kind == "login"):
        raise EvidenceError("a login with what was shown of it, or a document without")
    if (document.view is None) != (document.drawn is None) or (document.view and not document.shown):
        raise EvidenceError("a view without its lines or display, or these without a view")
    if (log.view is not msgspec.UNSET and not document.view) or log.time_stamps == ():
        raise EvidenceError("a log entry without a view, or an empty list of time stamps")
    if document.shown is not None and not _are_pages(document.shown, document.drawn):
        raise EvidenceError("pages without a confirmation that the document was signed unread")


def _are_pages(shown: EvidenceShown, drawn: object) -> bool:
    pages = shown.pages
    if pages is msgspec.UNSET:
        return True
    return shown.confirmed == "unread" and drawn is None and pages.is_of_form


def _hex_texts(evidence: Evidence) -> Iterator[str]:
    document = evidence.document
    yield from (document.sid, document.digest_sm3, evidence.log.uid)
    if document.drawn is not None:
        yield document.drawn
    if document.shown is not None and document.shown.compared is not None:
        yield document.shown.compared


# Build the decoder at import: msgspec crashes if two threads build it at once.
msgspec.json.Decoder(Evidence)

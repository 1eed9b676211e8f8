"""Values that a business system sends and receives; times are in ms since the epoch.

Unknown fields in responses are ignored, so that newer services may add fields.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from mshield.client.errors import ProtocolError
from mshield.client.forms import unbase64, unhex
from mshield.gm.sm2 import Signature
from mshield.gm.sm3 import sm3
from mshield.pki.signatures.display import Drawing, display_bytes
from mshield.pki.signatures.formats import (
    NO_OPTIONS,
    AskedOptions,
    Format,
    signs_attributes,
)
from mshield.wire.business import (
    AskedViewMessage,
    CreatedMessage,
    PcMessage,
    SignedDocumentMessage,
    SignerMessage,
    StateMessage,
)
from mshield.wire.qr import qr_text

State = Literal["waiting", "scanned", "signed", "declined", "expired", "cancelled"]

#: Final states, which never change.
FINAL: frozenset[State] = frozenset({"signed", "declined", "expired", "cancelled"})


@dataclass(frozen=True, slots=True)
class Digest:
    """A content's SM3 digest (32 bytes) and its size in bytes."""

    sm3: bytes
    size: int

    @classmethod
    def of(cls, content: bytes) -> "Digest":
        """Computes the digest of a content."""
        return cls(sm3(content), len(content))


class ViewName(AskedViewMessage, frozen=True):
    """A view (展示规则) registered for the business system: a given version, or the newest in force if None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document to be signed; `display` is the business system's description of it, as (label, value).

    The phone shows the content itself, rendered by `view` if one is given, and compares it with the
    description.

    Formats: `raw` signs the bytes of the content. `cms` and `cms_detached` sign attributes that bind content,
    title, media type and display, in a CMS with or without the content. `gb35275…` do the same in a
    SignedData of GB/T 35275, with `options` (formats.md). `xml` makes an E-Port XML file. `pdf` adds a
    signature to the PDF itself. For a detached format the content needn't be sent: pass its `digest` instead.
    """

    title: str
    media_type: str
    content: bytes | None = None
    display: tuple[tuple[str, str], ...] = ()
    format: Format = "raw"
    digest: Digest | None = None
    view: ViewName | None = None
    options: AskedOptions = NO_OPTIONS

    @property
    def content_digest(self) -> Digest:
        """The content's digest, given or computed. Raises: ValueError unless exactly one of both is set."""
        if (self.content is None) == (self.digest is None):
            raise ValueError("a document has either its content or a digest")
        return Digest.of(self.content or b"") if self.digest is None else self.digest

    def display_digest(self, drawing: Drawing | None) -> bytes:
        """Returns SM3 of the display, as signed attributes bind it; `drawing` is that of the `SignedDocument`."""
        return sm3(
            display_bytes(
                title=self.title,
                media_type=self.media_type,
                size=self.content_digest.size,
                lines=self.display,
                drawing=drawing,
            )
        )


class Pc(PcMessage, frozen=True):
    """The user's PC as the business system sees it; the phone shows it, as a protection against relayed codes.

    `address` is a plain IPv4 or IPv6 address: no port, no brackets, no list of proxies. Omit the whole `pc`
    if it isn't known.
    """


class Created(CreatedMessage, frozen=True, kw_only=True):
    """A request that waits for a phone. Display `qr`, which changes every second, and `number` beside it.

    Keep it on the server: whoever has `qr_secret` can display the code elsewhere. Give pages only `id`,
    `status_token` and `number`. `received_at` is when the response arrived by this machine's clock (ms),
    `age` the request's age at that time (ms). A request with channel `app` has no code: `app_link` opens the
    shield's app on the same phone.
    """

    state: State
    received_at: int = 0
    qr_origin: str = ""
    qr_secret: str = ""
    app_link: str = ""

    @property
    def qr(self) -> str:
        """The QR code's current text; empty for channel `app`."""
        return self.qr_text()

    def qr_text(self, at: int | None = None) -> str:
        """Returns the QR code's text at a time (ms by this machine's clock, default: now); empty for channel `app`."""
        if not self.qr_secret:
            return ""
        moment = time.time_ns() // 1_000_000 if at is None else at
        elapsed = max(0, self.age + moment - self.received_at) // 1000
        return qr_text(self.qr_origin, self.id, bytes.fromhex(self.qr_secret), elapsed)


class Status(StateMessage, frozen=True, kw_only=True):
    """Status of a request; `reason` is why it was declined, e.g. `not_me`."""

    state: State

    @property
    def done(self) -> bool:
        """Whether the state is final."""
        return self.state in FINAL


class Signer(SignerMessage, frozen=True):
    """The signer as claimed by the service; `Result.verify` returns the one in the certificate."""


class SignedDocument(SignedDocumentMessage, frozen=True):
    """One document of a signed request. If attributes are signed it has `signed_attributes_b64`, else `message_b64`.

    `state` `declined`: the user excluded it from the batch, for this `reason`; it has no signature. `options`
    are all options in force. They determine `cms_b64`, or for the format `xml` `file_b64` in its place;
    `file_b64` is the document including its signature, None for formats without such a file.

    `view` and `drawn` (SM3 of the rendered lines, hex) are None if no view rendered it. `shown` is the digest
    of everything that the phone showed, None for a login. `display_mismatch_confirmed`: the description
    contradicts the content, and the user signed nevertheless.

    `time_stamp` is the state of the time stamps that the service is configured to add; finished ones are in
    the CMS. `content_erased`: the service has erased the content after its retention time; verifying then
    needs the caller's copy.
    """

    @property
    def drawing(self) -> Drawing | None:
        """The rendering that was bound, None for a login. Raises: ProtocolError for invalid hex."""
        if self.shown is None:
            return None
        view = None if self.view is None else unhex(self.view.digest, 32)
        return Drawing(view, None if self.drawn is None else unhex(self.drawn, 32))

    @property
    def message(self) -> bytes:
        """M, the signed bytes: the signed attributes, else the content, or its SM3."""
        bound = signs_attributes(self.format, self.options)
        return unbase64((self.signed_attributes_b64 if bound else self.message_b64) or "")

    @property
    def signature_raw(self) -> bytes:
        """The SM2 signature as r then s, 64 octets. Raises: ProtocolError if the document was excluded."""
        return Signature.from_der(self.signature).to_raw()

    @property
    def is_signed(self) -> bool:
        """Whether it was signed; otherwise the user excluded it."""
        return self.state == "signed"

    @property
    def signature(self) -> bytes:
        """The SM2 signature as DER. Raises: ProtocolError if the document was excluded."""
        return unbase64(self._signed(self.signature_b64))

    @property
    def cms(self) -> bytes:
        """CMS SignedData (`.p7s`), DER. Raises: ProtocolError if the document was excluded, and for format `xml`."""
        return unbase64(self._signed(self.cms_b64))

    @property
    def file(self) -> bytes:
        """The document including its signature. Raises: ProtocolError if there is none, or it was excluded."""
        return unbase64(self._signed(self.file_b64))

    def _signed(self, encoded: str | None) -> str:
        if not self.is_signed or not encoded:
            raise ProtocolError("malformed", "a document without a signature")
        return encoded


def at(milliseconds: int) -> datetime:
    """Converts a time in ms to an aware datetime."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)

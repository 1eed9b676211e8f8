"""What a business system sends and receives, as frozen values; times are ms since epoch.

Unknown fields of answers are ignored, so that a newer service may say more.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import msgspec

from mshield.client.errors import ProtocolError
from mshield.client.wire import unbase64, unhex
from mshield.domain.qr import qr_text
from mshield.gm.sm2 import Signature
from mshield.gm.sm3 import sm3
from mshield.pki.signatures.display import Drawing, display_bytes
from mshield.pki.signatures.formats import (
    NO_OPTIONS,
    AskedOptions,
    Format,
    Options,
    signs_attributes,
)

Kind = Literal["login", "signature"]
Channel = Literal["qr", "app"]
State = Literal["waiting", "scanned", "signed", "declined", "expired", "cancelled"]

#: States in which nothing more happens.
FINAL: frozenset[State] = frozenset({"signed", "declined", "expired", "cancelled"})


@dataclass(frozen=True, slots=True)
class Digest:
    """A content by its SM3 digest (32 bytes) and its size in bytes."""

    sm3: bytes
    size: int

    @classmethod
    def of(cls, content: bytes) -> "Digest":
        """The digest of a content."""
        return cls(sm3(content), len(content))


@dataclass(frozen=True, slots=True)
class ViewName:
    """A view (展示规则) that is registered for the business system: a version of it, or the newest in force."""

    id: str
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document to be signed; `display` are the business system's words about it (label, value).

    The phone shows the content itself, drawn by `view` where one is named, and compares the words with it.

    `format` `raw` signs the bytes of the content; `cms` and `cms_detached` sign attributes that bind content, title,
    media type and display, in a CMS with the content inside or not; `gb35275…` the same in a SignedData of GB/T 35275,
    with `options` (formats.md); `xml` makes an E-Port XML file; `pdf` signs a PDF in itself, as one signature
    more. Of a detached one the content may stay here: give its `digest` instead.
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
        """The content's digest, given or computed; ValueError where there is neither."""
        if (self.content is None) == (self.digest is None):
            raise ValueError("a document has either its content or a digest")
        return Digest.of(self.content or b"") if self.digest is None else self.digest

    def display_digest(self, drawing: Drawing | None) -> bytes:
        """SM3 of the display, as signed attributes bind it; `drawing` is `SignedDocument`'s."""
        return sm3(
            display_bytes(
                title=self.title,
                media_type=self.media_type,
                size=self.content_digest.size,
                lines=self.display,
                drawing=drawing,
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pc:
    """The PC in front of the user, as the business system sees it; shown against relayed codes.

    `address` is IPv4 or IPv6 and nothing else: no port, no brackets, no list of proxies. Leave the whole `pc` out where
    you don't know it.
    """

    address: str
    browser: str


class Created(msgspec.Struct, frozen=True, kw_only=True):
    """A request that waits for a phone. Show `qr`, which changes every second, and `number` beside it.

    Keep it on the server: who has `qr_secret` can show the code elsewhere. A page gets `id`, `status_token` and
    `number`. `received_at` is when the answer came, by this machine's clock (ms), `age` how old the request was then.
    A request by channel `app` has no code: `app_link` opens the shield's app on the same phone.
    """

    id: str
    kind: Kind
    state: State
    number: str
    age: int
    expires_at: int
    status_token: str
    received_at: int = 0
    qr_origin: str = ""
    qr_secret: str = ""
    app_link: str = ""

    @property
    def qr(self) -> str:
        """The QR code's text of this second; empty by channel `app`."""
        return self.qr_text()

    def qr_text(self, at: int | None = None) -> str:
        """The QR code's text at a moment (ms by this machine's clock, now where None); empty by channel `app`."""
        if not self.qr_secret:
            return ""
        moment = time.time_ns() // 1_000_000 if at is None else at
        elapsed = max(0, self.age + moment - self.received_at) // 1000
        return qr_text(self.qr_origin, self.id, bytes.fromhex(self.qr_secret), elapsed)


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How a request stands; `reason` says why it was declined, e.g. `not_me`."""

    id: str
    kind: Kind
    state: State
    expires_at: int
    reason: str | None = None

    @property
    def done(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in FINAL


class Signer(msgspec.Struct, frozen=True, kw_only=True):
    """Who signed, as the service says it; `Result.verify` says it from the certificate."""

    name: str
    organisation: str
    credit_code: str
    role: str
    shield_number: str


class DrawnBy(msgspec.Struct, frozen=True, kw_only=True):
    """The view that drew a document; `digest` is its SM3, in hex."""

    id: str
    version: int
    digest: str


class SignedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One document of a signed request. With signed attributes it has `signed_attributes_b64`, else `message_b64`.

    `state` `declined`: the person left it out of the batch, for this `reason`; it has no signature.
    `options` are those of the format that are in force, empty of an older service. `cms_b64` is made by them, or by the
    format `xml` `file_b64` in its place.

    `view` and `drawn` (SM3 of the drawn lines, hex) are None where no view drew it. `shown` is the digest of all that
    the phone showed, None of an older service. `display_mismatch_confirmed`: the words about the content differ from
    it, and the person signed all the same.
    """

    title: str
    signature_b64: str | None = None
    cms_b64: str | None = None
    format: Format = "raw"
    options: Options = NO_OPTIONS
    signature_raw_b64: str | None = None
    state: Literal["signed", "declined"] = "signed"
    reason: str | None = None
    message_b64: str | None = None
    signed_attributes_b64: str | None = None
    time_stamp: Literal["pending", "done", "failed"] | None = None
    """How the time stamps stand that the service's settings want; those that are done are in the CMS."""
    view: DrawnBy | None = None
    drawn: str | None = None
    shown: str | None = None
    display_mismatch_confirmed: bool = False
    file_b64: str | None = None
    """The document with the signature in it; None where the format has none such."""
    content_erased: bool = False
    """The service has erased the content, as its time was over: whoever kept it needs it to verify."""

    @property
    def drawing(self) -> Drawing | None:
        """What is bound of how it was drawn; None of an older service. ProtocolError for what is no hex."""
        if self.shown is None:
            return None
        view = None if self.view is None else unhex(self.view.digest, 32)
        return Drawing(view, None if self.drawn is None else unhex(self.drawn, 32))

    @property
    def message(self) -> bytes:
        """M, which the signature is over: the signed attributes, else the content, or SM3 of it."""
        bound = signs_attributes(self.format, self.options)
        return unbase64((self.signed_attributes_b64 if bound else self.message_b64) or "")

    @property
    def signature_raw(self) -> bytes:
        """The SM2 signature as r then s, 64 octets."""
        return Signature.from_der(self.signature).to_raw()

    @property
    def is_signed(self) -> bool:
        """Whether it was signed; else the person left it out."""
        return self.state == "signed"

    @property
    def signature(self) -> bytes:
        """The SM2 signature as DER. ProtocolError for one that was left out."""
        return unbase64(self._signed(self.signature_b64))

    @property
    def cms(self) -> bytes:
        """CMS SignedData (`.p7s`), DER. ProtocolError for one that was left out, and by the format `xml`."""
        return unbase64(self._signed(self.cms_b64))

    @property
    def file(self) -> bytes:
        """The document with the signature in it. ProtocolError where there is none, as for one that was left out."""
        return unbase64(self._signed(self.file_b64))

    def _signed(self, encoded: str | None) -> str:
        if not self.is_signed or not encoded:
            raise ProtocolError("malformed", "a document without a signature")
        return encoded


def at(milliseconds: int) -> datetime:
    """A time of the wire as an aware datetime."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)

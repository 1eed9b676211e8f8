"""Messages between the service and business systems; times are in ms since the epoch."""

from typing import Annotated, Any, Final, Literal

import msgspec

from mshield.pki.signatures.formats import NO_OPTIONS, AskedOptions, Format, Options
from mshield.wire import shield_number as shield
from mshield.wire.addresses import MAX_URI
from mshield.wire.messages import AnswerMessage, Hex32, RequestMessage

Kind = Literal["login", "signature"]
Channel = Literal["qr", "app"]
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
_MediaType = Annotated[
    str,
    # \\Z, because $ also matches before a final newline.
    msgspec.Meta(pattern=r"^[a-z0-9.+-]+/[a-zA-Z0-9.+-]+(; ?charset=[A-Za-z0-9-]+)?\Z", max_length=128),
]

_ADDRESS_FORMAT: Final[dict[str, Any]] = {"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}
_Content = Annotated[str, msgspec.Meta(min_length=4, extra_json_schema={"format": "byte"})]


class DisplayLine(RequestMessage, frozen=True):
    """One line of a document's display on the phone."""

    label: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    value: Annotated[str, msgspec.Meta(max_length=512)]


class AskedViewMessage(RequestMessage, frozen=True, omit_defaults=True):
    """A view (展示规则) registered for you: a certain version, or by default the newest in force."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9./-]{1,80}\Z")]
    version: Annotated[int, msgspec.Meta(ge=1, lt=10**9)] | None = None


class DocumentMessage(RequestMessage, frozen=True, omit_defaults=True):
    """A document to sign.

    `format` `raw`: the signature is over exactly the content's bytes. `cms`, `cms_detached`: over signed
    attributes that bind content, title and display, in a CMS with or without the content. `gb35275`,
    `gb35275_detached`: the same in a SignedData of GB/T 35275, or with `options` over the content;
    `gb35275_digest`: over SM3 of the content. `xml`: an E-Port XML signature over the content's canonical
    form; XML without a canonical form is refused, `invalid_xml`. `pdf`: a further signature in the PDF
    itself.

    For a detached format with signed attributes the content may stay with the business system: `digest_sm3`
    and `size` in bytes replace `content_b64`. `options` are described in formats.md.

    `view` draws the content; it is required if one of yours is in force for this content. `display` is your
    own description, which the phone compares with the content.
    """

    title: _Text
    media_type: _MediaType
    content_b64: _Content | None = None
    display: Annotated[tuple[DisplayLine, ...], msgspec.Meta(max_length=64)] = ()
    format: Format = "raw"
    options: AskedOptions = NO_OPTIONS
    digest_sm3: Hex32 | None = None
    size: Annotated[int, msgspec.Meta(ge=0, lt=2**53)] | None = None
    view: AskedViewMessage | None = None


class PcMessage(RequestMessage, frozen=True):
    """The PC that shows the QR code, as the business system sees it; `address` is IPv4 or IPv6, without port."""

    address: Annotated[str, msgspec.Meta(max_length=64, extra_json_schema=_ADDRESS_FORMAT)]
    browser: Annotated[str, msgspec.Meta(max_length=256)]


class CreateMessage(RequestMessage, frozen=True, omit_defaults=True):
    """A login has no documents, a signature 1 to 64.

    `channel` `app`: another app on the same phone passes the request on by its link; this needs a bound
    certificate. `shield_number`: a request for a signature also waits in that shield's inbox (待办), and no
    other shield can take it. `return_url`: required with `app`, and only then: where the shield's app returns
    to; one that you registered. `lifetime`: lifetime of the request in seconds, for a login at most 300.
    """

    kind: Kind
    documents: Annotated[tuple[DocumentMessage, ...], msgspec.Meta(max_length=64)] = ()
    pc: PcMessage | None = None
    channel: Channel = "qr"
    shield_number: Annotated[str, msgspec.Meta(pattern=f"^{shield.PATTERN}$")] | None = None
    return_url: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_URI)] | None = None
    lifetime: Annotated[int, msgspec.Meta(ge=30, le=86_400)] | None = None


class CreatedMessage(AnswerMessage, frozen=True):
    """The data for the QR code of each second, and `number`, two digits to show next to it.

    The text is `{qr_origin}/q/{id}?t={t}&c={c}`: t are the seconds since the request began, c the first 16
    bytes of HMAC-SHA-256(qr_secret, t as decimal digits) in base64url. `age` (ms) is how long ago the request
    began when this was answered, so that clocks needn't agree. `qr_secret` stays on the server;
    `status_token` is for the page.

    A request by channel `app` has `app_link` instead: the link that opens the shield's app on this phone.
    """

    id: str
    kind: Kind
    state: str
    number: str
    age: int
    expires_at: int
    status_token: str
    qr_origin: str | msgspec.UnsetType = msgspec.UNSET
    qr_secret: Hex32 | msgspec.UnsetType = msgspec.UNSET
    app_link: str | msgspec.UnsetType = msgspec.UNSET


class StateMessage(AnswerMessage, frozen=True):
    """State of a request: waiting, scanned, signed, declined, expired or cancelled.

    `reason` is set for declined: declined or not_me.
    """

    id: str
    kind: Kind
    state: str
    reason: str | None
    expires_at: int


class SignerMessage(AnswerMessage, frozen=True):
    """The signer, as on file when the certificate was issued."""

    name: str
    organisation: str
    credit_code: str
    role: Literal["legal_person", "operator"]
    shield_number: str


class ViewMessage(AnswerMessage, frozen=True):
    """The view that drew the content; `digest` is its SM3."""

    id: str
    version: int
    digest: Hex32


class SignedDocumentMessage(AnswerMessage, frozen=True):
    """`signature_b64`: DER, SM3withSM2, id 1234567812345678; `signature_raw_b64`: the same as r then s, 64 bytes.

    `cms_b64`: CMS SignedData with the same signature, by `format` and `options`, which are all options in
    force. The signature is over `signed_attributes_b64`, or if there are none over `message_b64`: the
    content, for `gb35275_digest` its SM3. For `xml` there is `file_b64` instead, the finished file, and
    `message_b64` is its SignedInfo.

    `view`, and `drawn`, the SM3 of the drawn lines, are null if no view drew it. `shown` is the digest of
    everything that the phone showed, which the log covers; null for a login.
    `display_mismatch_confirmed`: your description differs from the content, and the person signed
    nevertheless.

    `time_stamp` is the state of the time stamps that the service is configured to add; finished ones are in
    the CMS.

    `state` `declined`: the person excluded this document from the batch, with a `reason` in their words; no
    other fields are set. The reason is null for a signed document. `file_b64` is the document with the
    signature in it, for `pdf`; else null.

    `content_erased`: the content's retention period has ended; `message_b64` is null if it was the content,
    `file_b64` too, and the CMS lacks it.
    """

    title: str
    format: Format
    message_b64: str | None
    signed_attributes_b64: str | None
    signature_b64: str | None
    signature_raw_b64: str | None
    cms_b64: str | None
    time_stamp: Literal["pending", "done", "failed"] | None
    view: ViewMessage | None = None
    drawn: Hex32 | None = None
    shown: Hex32 | None = None
    display_mismatch_confirmed: bool = False
    options: Options = NO_OPTIONS
    state: Literal["signed", "declined"] = "signed"
    reason: str | None = None
    file_b64: str | None = None
    content_erased: bool = False


class ResultMessage(AnswerMessage, frozen=True):
    """Everything that a verifier needs, offline; `ocsp_b64` is null once the issuing CA has ended."""

    id: str
    kind: Kind
    signer: SignerMessage
    certificate_pem: str
    chain_pem: tuple[str, ...]
    signed_at: int
    documents: tuple[SignedDocumentMessage, ...]
    ocsp_b64: str | None

"""Signatures made with the phone."""

from typing import Literal

from mshield.pki.signatures.display import Confirmed
from mshield.pki.signatures.formats import Format
from mshield.wire.business import SignerMessage
from mshield.wire.messages import AnswerMessage, Hex16, Hex32
from mshield.wire.phone.requests import DisplayLine

Kind = Literal["login", "signature"]


class DrawnValue(AnswerMessage, frozen=True):
    """A sum that a view drew: currency and its name, null without one, and the number with separators."""

    currency: str | None
    name: str | None
    text: str


class DrawnMessage(AnswerMessage, frozen=True):
    """Title, the other party, number and sums that the view drew of the signed content.

    Party and number are null, and there are no sums, if the view names none.
    """

    title: str
    party: str | None
    number: str | None
    amounts: tuple[DrawnValue, ...]


class SignatureMessage(AnswerMessage, frozen=True):
    """One entry of my signatures (我的签名).

    `drawn` is from the signed content, null if no view drew it or its lines are too long for a list. `title` is
    the business system's word, which isn't. `confirmed` is what the signer confirmed besides, null for a login.
    """

    sid: Hex16
    kind: str
    title: str
    media_type: str
    drawn: DrawnMessage | None
    confirmed: Confirmed | None
    business_name: str | None
    signed_at: int
    serial: str | None
    digest: Hex32


class SignatureDetailMessage(AnswerMessage, frozen=True):
    """A signature in full, with what was shown (`lines`, `size` in bytes) and for which business system.

    `signature` is r‖s in 64 bytes.

    `digest` is the signed digest (e), `content_digest` the SM3 of the document. `display_bound`: attributes
    that bind the display were signed, not the document alone.

    `drawing_b64` are the lines that the view drew of the content, as canonical octets; they stay when the
    content is erased, and are null if no view drew it. `lines` and `title` are the business system's words.
    `confirmed` is what the signer confirmed besides, null for a login. `signer` is the holder in the
    certificate, null without one.

    `pc_address` and `pc_browser` are those of the PC at which it was scanned; `log_index` is its entry in the
    transparency log, null until it is there. `certificate_state` is the present state of its certificate, and
    `revoked_at` the time of the revocation.
    """

    sid: Hex16
    kind: Kind
    title: str
    media_type: str
    format: Format
    size: int
    lines: tuple[DisplayLine, ...]
    business_name: str | None
    domain: str | None
    request_id: str | None
    pc_address: str | None
    pc_browser: str | None
    log_index: int | None
    signed_at: int
    serial: str | None
    digest: Hex32
    content_digest: Hex32
    display_bound: bool
    drawing_b64: str | None
    confirmed: Confirmed | None
    signer: SignerMessage | None
    signature: str
    certificate_state: str | None
    revoked_at: int | None


class SignaturesMessage(AnswerMessage, frozen=True):
    """A page, newest first; `next` is the value of `before` for the following page, or null."""

    items: tuple[SignatureMessage, ...]
    next: str | None


class MonthMessage(AnswerMessage, frozen=True):
    """A month, as `2026-12`: how many documents were signed, and the sums that views drew, by currency.

    `unsummed` counts documents that no view drew, or whose amount has no currency.
    """

    month: str
    count: int
    sums: tuple[DrawnValue, ...]
    unsummed: int


class MonthsMessage(AnswerMessage, frozen=True):
    """Months, newest first. `whole`: all signatures are counted; else the oldest month may have more."""

    items: tuple[MonthMessage, ...]
    whole: bool

"""Requests of business systems on the phone: scanned or claimed, their documents, the inbox."""

from typing import Literal

import msgspec

from mshield.pki.signatures.formats import Format, Options
from mshield.wire import business
from mshield.wire.messages import AnswerMessage, Hex16, Hex32


class RequesterMessage(AnswerMessage, frozen=True):
    """The business system with the ID under which its views are registered, and the PC as that system saw it."""

    client_id: str
    name: str
    domain: str
    pc_address: str | None
    pc_browser: str | None


class DisplayLine(AnswerMessage, frozen=True):
    """One line of the display on the phone."""

    label: str
    value: str


class ViewMessage(business.ViewMessage, frozen=True):
    """A view (展示规则); its bytes are at `/api/phone/views/{digest}`, `digest` is their SM3."""


class TaskMessage(AnswerMessage, frozen=True):
    """A document: `message_b64` are the exact bytes that a verifier hashes (protocol, "Documents").

    Depending on `format` and `options` these are attributes, which the phone compares with its display and
    with `content_b64`, or the SM3 of that, or the content itself. `content_b64` is null in the last case, and
    if only the content's digest and `size` are here. `signing_time` (ms) is the one among the attributes.

    A PDF that is signed in itself is `content_b64` followed by `update_b64`, all of it signed except `gap`
    (start, end).

    A document of a business system has `view` and `drawn`, the SM3 of the drawn lines, both null if no view
    draws it; `finish` then reports what was shown.
    """

    sid: Hex16
    uid: Hex16
    purpose: Literal[
        "enrol", "login", "sign", "consent", "confirm", "refresh", "renew", "bind", "close", "device"
    ]
    state: str
    message_b64: str
    media_type: str
    title: str
    display: tuple[DisplayLine, ...]
    format: Format
    content_b64: str | None
    size: int | None
    requester: RequesterMessage | None
    expires_at: int
    view: ViewMessage | msgspec.UnsetType | None = msgspec.UNSET
    drawn: Hex32 | msgspec.UnsetType | None = msgspec.UNSET
    options: Options | msgspec.UnsetType = msgspec.UNSET
    signing_time: int | msgspec.UnsetType = msgspec.UNSET
    update_b64: str | msgspec.UnsetType = msgspec.UNSET
    gap: tuple[int, int] | msgspec.UnsetType = msgspec.UNSET


class ScannedMessage(AnswerMessage, frozen=True):
    """A request that this phone has taken; `number` is also on the PC's screen.

    `return_url` is the return address of a request by another app, else null: the address to open then is
    that of `wayBack`. `prolongs_by` is how long it can be prolonged, once; null if it was already, and for a
    login. Times in ms.
    """

    request_id: str
    kind: Literal["login", "signature"]
    number: str
    requester: RequesterMessage
    return_url: str | None
    asked_at: int
    expires_at: int
    prolongs_by: int | None
    tasks: tuple[TaskMessage, ...]


class ProlongedMessage(AnswerMessage, frozen=True):
    """New expiry of the request, in ms."""

    expires_at: int


class WaitingMessage(AnswerMessage, frozen=True):
    """A request in the inbox; `title` is that of the first of its `documents`."""

    request_id: str
    kind: Literal["login", "signature"]
    title: str
    documents: int
    requester: RequesterMessage
    asked_at: int
    expires_at: int


class WaitingDocumentMessage(AnswerMessage, frozen=True):
    """A document that a view draws; `view` and `drawn` are as in a task.

    `content_b64` is null if the contents of the request are too large for a list.
    """

    title: str
    media_type: str
    display: tuple[DisplayLine, ...]
    view: ViewMessage
    drawn: Hex32
    content_b64: str | None


class WaitingDocumentsMessage(AnswerMessage, frozen=True):
    """Documents of a request in the inbox that a view draws, in their order."""

    documents: tuple[WaitingDocumentMessage, ...]


EndState = Literal["signed", "declined", "expired", "cancelled"]


class ReturnMessage(AnswerMessage, frozen=True):
    """`address` is the request's `return_url` with `request`, `state` and, if signed, `return_code` in its query."""

    state: EndState
    address: str


class InboxMessage(AnswerMessage, frozen=True):
    """Requests waiting for this shield, or taken but not answered, newest first: the latest fifty."""

    requests: tuple[WaitingMessage, ...]


class ClaimedLoginMessage(AnswerMessage, frozen=True):
    """Display of a login before the PIN, as after a scan, and M (`message_b64`) of its document `sid`.

    `number` is also on the PC's screen; `unlike` lists properties of the PC that are new among the account's
    logins. Times in ms.
    """

    request_id: str
    number: str
    sid: Hex16
    message_b64: str
    unlike: tuple[Literal["computer", "network"], ...]
    asked_at: int
    expires_at: int


class ClaimMessage(AnswerMessage, frozen=True):
    """`claim` is sent to `scan` instead of the code's text, after the login and until `expires_at` (ms).

    `login` is present if `beginUnlockForLogin` accepts the claim: one PIN unlocks the app and confirms the
    login.
    """

    claim: str
    kind: Literal["login", "signature"]
    requester: RequesterMessage
    expires_at: int
    login: ClaimedLoginMessage | None

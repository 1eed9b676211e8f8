"""A document that is to be signed, how it is drawn, and what its signature is over: content, or attributes for it."""

import secrets
from dataclasses import dataclass, replace
from typing import Final, Literal

from mshield.domain import errors
from mshield.domain.login_message import is_login_message
from mshield.domain.systems.text_charset import check_charset
from mshield.gm import transcript
from mshield.gm.sm3 import sm3
from mshield.pki.signatures.ambiguous import is_ambiguous
from mshield.pki.signatures.display import Bound, Drawing, Wanted, display_bytes
from mshield.pki.signatures.formats import (
    FORMATS,
    NO_OPTIONS,
    PDF,
    AskedOptions,
    Format,
    Options,
    complete,
    message_of,
    signs_attributes,
    signs_content,
)
from mshield.pki.signatures.kept_display import KeptDisplay, NamedView, read_display
from mshield.pki.signatures.signed_attributes import is_like_attributes
from mshield.store.database.interface import Database
from mshield.store.requests.requests import NewTask
from mshield.store.requests.scans import ScannedRequest, Task, set_message

_TIMED: Final = ('"signing_time":true', '"signing_time": true')
"""In a kept display whose document says when it was signed; the second in those of before."""


@dataclass(frozen=True, slots=True)
class AskedView:
    """The view (展示规则) that a document names: a version of it, or the newest in force where that is None."""

    id: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """What is to be signed; `display` are the lines (label, value) that the asker says of it.

    A `consent` has an effect of the service's own: no business system can ask for it.
    Of a detached one with signed attributes the content may be None: then `digest` is its SM3 and `size` its length in
    bytes. `options` are the format's, as far as they were asked for.
    """

    title: str
    media_type: str
    content: bytes | None
    display: tuple[tuple[str, str], ...]
    format: Format = "raw"
    digest: bytes = b""
    size: int = 0
    purpose: Literal["sign", "consent"] = "sign"
    view: AskedView | None = None
    options: AskedOptions = NO_OPTIONS


@dataclass(frozen=True, slots=True)
class Drawn:
    """How a document is drawn, and SM3 of how the asker's words stand to its content; None where nothing is there.

    `wants` is what its signer has to confirm.
    """

    view: NamedView | None = None
    drawn: bytes | None = None
    compared: bytes | None = None
    wants: Wanted | None = None


def task_of(document: Document, drawn: Drawn, *, display_oid: str) -> NewTask:
    """The document as it is kept until a phone signs it; its display is signed under this identifier.

    With a signing time in it, M is made once more when a phone takes it.

    Raises CharsetRefused; InternalMessageRefused, SignedAttributesRefused, AmbiguousContentRefused for content that is
    signed as it stands and would mean something else as message.
    """
    content, name = document.content, document.format
    options = complete(name, document.options, display_oid=display_oid)
    kept, apart = _kept(document, drawn, options), content
    # What is signed of a PDF stands once it is prepared; until then its message is empty, which no phone signs.
    message = b"" if name == PDF else message_for(name, kept, content)
    if signs_content(name, options):
        message, apart = _as_it_stands(message), None
    check_charset(document.media_type, content, is_type_signed=signs_attributes(name, options))
    return NewTask(
        secrets.token_bytes(16),
        document.purpose,
        message,
        document.media_type,
        document.title,
        kept.text(),
        format=document.format,
        content=apart,
        size=document.size if content is None else None,
    )


def message_for(
    name: Format, kept: KeptDisplay, content: bytes | None, *, signing_time: int | None = None
) -> bytes:
    """M of a document that is drawn; the time (ms) is that of the scan, None before."""
    bound = kept.bound
    assert bound is not None  # noqa: S101  # a new document is always drawn
    return message_of(
        name,
        kept.options,
        content=content,
        digest=bound.content,
        display=bound.display,
        signing_time=signing_time,
    )


async def with_times(db: Database, request: ScannedRequest, *, now: int) -> ScannedRequest:
    """A request that a phone has just taken, each M that has a signing time with the time of now.

    One that has its time keeps it: the phone that takes it again gets the same.
    """
    if not any(written in task.display for task in request.tasks for written in _TIMED):
        return request
    return replace(request, tasks=tuple([await _with_time(db, task, now=now) for task in request.tasks]))


async def _with_time(db: Database, task: Task, *, now: int) -> Task:
    kept, name = read_display(task.display), FORMATS[task.format]
    attributes = kept.attributes(name, task.message)
    if kept.options.signing_time is not True or attributes is None or attributes.signing_time is not None:
        return task
    message = message_for(name, kept, task.content, signing_time=now - now % 1000)
    return await set_message(db, task, message)


def _kept(document: Document, drawn: Drawn, options: Options) -> KeptDisplay:
    content, view = document.content, drawn.view
    drawing = Drawing(None if view is None else view.digest, drawn.drawn)
    display = display_bytes(
        title=document.title,
        media_type=document.media_type,
        size=document.size if content is None else len(content),
        lines=document.display,
        drawing=drawing,
    )
    bound = Bound(
        content=document.digest if content is None else sm3(content),
        display=sm3(display),
        drawing=drawing,
        compared=drawn.compared,
    )
    return KeptDisplay(document.display, view, bound, options, drawn.wants)


def _as_it_stands(content: bytes) -> bytes:
    if transcript.is_internal_message(content) or is_login_message(content):
        raise errors.InternalMessageRefused
    if is_like_attributes(content):
        raise errors.SignedAttributesRefused
    if is_ambiguous(content):
        raise errors.AmbiguousContentRefused
    return content

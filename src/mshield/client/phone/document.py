"""Whether what is to be signed is what the phone shows (protocol, "Documents"), and what it says that it showed."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, cast

import msgspec

from mshield.client.errors import PhoneError, ProtocolError
from mshield.client.phone.messages import Task
from mshield.client.phone.state import StoredCertificate
from mshield.client.reading.signed_xml import reading_of
from mshield.client.wire import unbase64
from mshield.domain.login_message import is_login_message
from mshield.domain.systems.text_charset import is_xml
from mshield.gm.sm3 import sm3
from mshield.pki.asn1.arcs import DISPLAY_OIDS
from mshield.pki.certificates.certificate import parse_certificate_pem
from mshield.pki.errors import PkiError
from mshield.pki.signatures.ambiguous import is_ambiguous
from mshield.pki.signatures.display import Bound, Confirmed, Drawing, Wanted, display_bytes
from mshield.pki.signatures.formats import (
    PDF,
    XML,
    OptionRefused,
    complete,
    may_be_elsewhere,
    message_of,
    pdf_attributes,
    profile_of,
    signs_attributes,
    signs_content,
)
from mshield.pki.signatures.pdf import covered_digest, gap_in
from mshield.pki.signatures.signed_attributes import is_like_attributes, parse_signed_attributes
from mshield.views import (
    Compared,
    Drawn,
    ReadContent,
    ViewError,
    Words,
    compare_words,
    draw,
    is_shown,
    read_content,
    read_view,
)
from mshield.views.limits import LINES

_OTHER_CHARSET: Final = re.compile(r'charset=(?!"?utf-?8\b)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Read:
    """A document as this phone draws it, and how the asker's words stand to it; None where there is nothing.

    `bound` is None for a document of an older service, of which nothing is told. `wants` is what its person has to
    confirm before it is signed.
    """

    drawn: Drawn | None = None
    compared: Compared | None = None
    bound: Bound | None = None
    wants: Wanted | None = None


def read_document(task: Task, display_oids: Collection[str] = DISPLAY_OIDS) -> Read:
    """Draws the document and checks that its message binds what is shown.

    `task.view_octets` are those that this phone fetched, `display_oids` the attributes that may bind the display.
    Raises ProtocolError `bad_task` for any difference.
    """
    _check_options(task, display_oids)
    read = _read_xml(task) if task.format == XML else read_content
    drawn = drawn_lines(task, read)
    words = _compare(task, drawn, read)
    display = sm3(
        display_bytes(
            title=task.title,
            media_type=task.media_type,
            size=_size(task),
            lines=[(field.label, field.value) for field in task.display],
            drawing=_drawing(task),
        )
    )
    digest = _check_message(task, display, display_oids)
    drawing = _drawing(task)
    if drawing is None:
        return Read()
    bound = Bound(content=digest, display=display, drawing=drawing, compared=words.digest)
    seen = is_shown(task.media_type, task.content, by_view=drawn is not None)
    wants: Wanted | None = "unread" if not seen else "mismatch" if words.differ or task.unproven else None
    return Read(drawn, words.compared, bound, wants)


def shown_item(task: Task, confirmed: Confirmed) -> dict[str, str]:
    """What `finish` says of a document besides its half of the signature: nothing where it isn't drawn.

    Raises PhoneError `confirmation_missing` where something else has to be confirmed than what was.
    """
    read = read_document(task, oids_of(task)) if task.is_drawn else Read()
    if read.bound is None:
        return {}
    if read.wants not in {None, confirmed}:
        why: dict[str, object] = {"confirm": read.wants, "sid": task.sid, "title": task.title}
        why |= {"lines": differing(read), "unproven": task.unproven}
        raise PhoneError("confirmation_missing", extra=why)
    return {"confirmed": confirmed, "shown": read.bound.shown(confirmed).hex()}


def differing(read: Read) -> list[dict[str, str | None]]:
    """The asker's lines that the content doesn't say: label, value, and what it says instead, where that is known."""
    lines: list[dict[str, Any]] = [] if read.compared is None else cast("Any", read.compared.answer["lines"])
    return [
        {"label": line["label"], "value": line["value"], "content": line["content"]}
        for line in lines
        if line["status"] in {"absent", "differs"}
    ]


def oids_of(task: Task) -> Collection[str]:
    """The attributes under which a judged task may bind its display."""
    oid = task.options.display_oid
    return DISPLAY_OIDS if oid is msgspec.UNSET else (oid,)


def own_certificate(stored: StoredCertificate | None) -> str | None:
    """SM3 of this phone's certificate, in hex; None where it has none."""
    return None if stored is None else sm3(parse_certificate_pem(stored.pem).der).hex()


def _size(task: Task) -> int:
    content = task.content
    if content is not None:
        return len(content)
    if not may_be_elsewhere(task.format, task.options) or task.size is None:
        raise ProtocolError("bad_task", "a document without content or size")
    return task.size


def _check_message(task: Task, display: bytes, display_oids: Collection[str]) -> bytes:
    """Gives the content's digest; XML was checked when it was read."""
    content, message, options = task.content, task.message, task.options
    if task.format == PDF:
        return _check_pdf(task, display)
    if signs_content(task.format, options):
        if is_like_attributes(message) or is_login_message(message):
            raise ProtocolError("bad_task", "signed attributes, or a login, as content")
        if is_ambiguous(message):
            raise ProtocolError("bad_task", "content whose signature would serve for something else")
        return sm3(message)
    if task.format == XML:
        return sm3(content or b"")
    if not signs_attributes(task.format, options):
        if content is None or message != sm3(content):
            raise ProtocolError("bad_task", "the digest is another content's")
        return message
    return _check_attributes(task, display, display_oids)


def _check_attributes(task: Task, display: bytes, display_oids: Collection[str]) -> bytes:
    """The message is the signed attributes of content and display, made here."""
    content, message, options = task.content, task.message, task.options
    try:
        signed = parse_signed_attributes(message, display_oids=display_oids)
    except PkiError as error:
        raise ProtocolError("bad_task", f"not the signed attributes of a document: {error}") from error
    digest = signed.message_digest if content is None else sm3(content)
    if options.display_oid is msgspec.UNSET:  # of an older service, which may pass on what a newer one made
        options = msgspec.structs.replace(options, display_oid=signed.display_oid)
    whole = message_of(
        task.format,
        options,
        content=content,
        digest=digest,
        display=display,
        signing_time=task.signing_time,
    )
    if message != whole:
        raise ProtocolError("bad_task", "the signed attributes are those of another document or display")
    return digest


def _read_xml(task: Task) -> ReadContent:
    """The content is canonical, and the message its SignedInfo, made here; what is drawn is of this reading."""
    content = task.content
    # What is shown are these octets, as UTF-8: their type mustn't say another thing.
    if content is None or not is_xml(task.media_type) or _OTHER_CHARSET.search(task.media_type):
        raise ProtocolError("bad_task", "XML without its content, or of another type or charset")
    try:
        return reading_of(content, task.message, profile_of(task.options))
    except PkiError as error:
        raise ProtocolError("bad_task", f"not the canonical XML that is signed: {error}") from error


def _check_pdf(task: Task, display: bytes) -> bytes:
    """Gives the content's digest, where M is made of all of the file but the gap, and of this phone's certificate."""
    content = task.content
    update = None if task.update_b64 is None else unbase64(task.update_b64)
    if content is None or update is None or task.media_type != "application/pdf":
        raise ProtocolError("bad_task", "a PDF without its content or what is to be added to it")
    try:
        own = None if task.own_certificate is None else bytes.fromhex(task.own_certificate)
        whole = pdf_attributes(
            task.options, covered=covered_digest(content, update), display=display, certificate=own
        ).encode()
        gap = gap_in(content, update)
    except (PkiError, ValueError) as error:
        raise ProtocolError("bad_task", f"not a PDF that is ready to be signed: {error}") from error
    if task.message != whole or task.gap != gap:
        raise ProtocolError("bad_task", "the signed attributes are those of another file or display")
    return sm3(content)


def _check_options(task: Task, display_oids: Collection[str]) -> None:
    """All options of the format and no other; the display stands under an attribute that this phone knows."""
    options = task.options
    oid = None if options.display_oid is msgspec.UNSET else options.display_oid
    asked = msgspec.structs.replace(options, display_oid=msgspec.UNSET)
    try:
        whole = complete(task.format, asked, display_oid=oid)
    except OptionRefused as error:
        raise ProtocolError("bad_task", f"the option {error.field} is out of place") from error
    has_time = options.signing_time is True
    if whole != options or has_time != (task.signing_time is not None):
        raise ProtocolError("bad_task", "an option is missing or too many")
    if oid is not None and oid not in display_oids:
        raise ProtocolError("bad_task", "the display under an attribute that this phone doesn't know")


def _drawing(task: Task) -> Drawing | None:
    """What the task says that a view draws; None for a task of an older service."""
    if not task.is_drawn:
        return None
    try:
        view = None if task.named_view is None else bytes.fromhex(task.named_view.digest)
        return Drawing(view, bytes.fromhex(task.drawn) if isinstance(task.drawn, str) else None)
    except ValueError as error:
        raise ProtocolError("malformed", "a digest that is no hex") from error


def drawn_lines(task: Task, read: ReadContent = read_content) -> Drawn | None:
    """The drawn lines, by the very view and with the very digest that the task names; None where it names none.

    Raises ProtocolError `bad_task`.
    """
    named = task.named_view
    if named is None:
        if isinstance(task.drawn, str):
            raise ProtocolError("bad_task", "drawn by no view")
        return None
    octets, content = task.view_octets, task.content
    if octets is None or content is None or sm3(octets).hex() != named.digest:
        raise ProtocolError("bad_task", "another view than the one that is named, or nothing to draw")
    try:
        view = read_view(octets)
        drawn = draw(view, content, read)
    except ViewError as error:
        raise ProtocolError("bad_task", f"the view doesn't draw it: {error}") from error
    if (view.octets, view.id, view.version) != (octets, named.id, named.version):
        raise ProtocolError("bad_task", "another view than the one that is named")
    if drawn.digest.hex() != task.drawn:
        raise ProtocolError("bad_task", "drawn otherwise than the service says")
    return drawn


def _compare(task: Task, drawn: Drawn | None, read: ReadContent) -> Words:
    lines = [(field.label, field.value) for field in task.display]
    if len(lines) > LINES:
        raise ProtocolError("bad_task", "more lines than can be compared")
    return compare_words(
        task.title, lines, content=task.content, media_type=task.media_type, drawn=drawn, read=read
    )

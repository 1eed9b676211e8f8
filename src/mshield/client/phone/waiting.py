"""The inbox (待办): what waits, what each request comes to before it is taken, and several answered together."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import quote

import msgspec

from mshield.client.errors import PhoneError, ProblemError, ProtocolError
from mshield.client.phone.document import drawn_lines
from mshield.client.phone.messages import Field, Part, Requester, Scan, Task, TaskView
from mshield.client.phone.operation import Operation
from mshield.client.wire import read
from mshield.pki.errors import LogError
from mshield.pki.tlog.entry import ViewEntry
from mshield.pki.tlog.note import VerifierKey
from mshield.pki.tlog.proof import parse_proof
from mshield.views.values import Decimal, decimal

MOST_DOCUMENTS: Final = 64
"""In one session of the protocol."""


class InboxRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that waits for this shield; `title` is that of the first of its `documents`."""

    request_id: str
    kind: Literal["login", "signature"]
    title: str
    documents: int
    requester: Requester
    asked_at: int
    expires_at: int


class Inbox(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for this shield (待办), newest first."""

    requests: tuple[InboxRequest, ...]


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    media_type: str
    display: tuple[Field, ...]
    view: TaskView
    drawn: str
    content_b64: str | None


class _Documents(msgspec.Struct, frozen=True, kw_only=True):
    documents: tuple[_Document, ...]


@dataclass(frozen=True, slots=True)
class Amounts:
    """What documents come to: exactly, by currency, never converted.

    `without` are those of which no view draws an amount.
    """

    sums: tuple[tuple[str, Decimal], ...]
    without: int

    @property
    def texts(self) -> list[str]:
        """As they are shown, one for each currency."""
        return [f"{currency} {amount.text}" for currency, amount in self.sums]


def inbox(operation: Operation) -> tuple[InboxRequest, ...]:
    """The requests that wait for this shield (待办), newest first."""
    return read(operation.connection.get("/api/phone/inbox", operation.logged_in()), Inbox).requests


def amounts(operation: Operation, request: InboxRequest) -> Amounts:
    """What a request in the inbox comes to, read from its contents; it isn't taken, and who asks isn't told.

    Raises ProtocolError `bad_task` for a content that is drawn otherwise than the service says.
    """
    path = f"/api/phone/inbox/{quote(request.request_id, safe='')}"
    answer = read(operation.connection.get(path, operation.logged_in()), _Documents)
    read_here = [_task(document) for document in answer.documents if document.content_b64 is not None]
    tasks = [with_view(operation, task, request.requester) for task in read_here]
    return amounts_of(tasks, of=request.documents)


def amounts_of(tasks: Sequence[Task], *, of: int) -> Amounts:
    """What these documents come to, which are all of that number that could be read; by registered views alone."""
    sums: dict[str, Decimal] = {}
    paying = 0
    for task in tasks:
        lines = None if task.unproven else drawn_lines(task)
        amount: Any = None if lines is None else lines.answer["amount"]
        values = [] if amount is None else amount["values"]
        paying += bool(values)
        for value in values:
            number = decimal(value["number"], separators=False)
            if number is None:
                raise AssertionError("a drawn amount that is no number")
            sums[value["currency"]] = sums.get(value["currency"], Decimal(0, 0)) + number
    return Amounts(tuple(sums.items()), of - paying)


def with_view(operation: Operation, task: Task, requester: Requester) -> Task:
    """The task with its view's octets and whether it is proven, whatever the service put there itself.

    Raises ProtocolError `bad_task` for a proof of something else.
    """
    view = task.named_view
    if view is None:
        return msgspec.structs.replace(task, view_b64=None, unproven=False)
    path = f"/api/phone/views/{quote(view.digest, safe='')}"
    octets = operation.connection.get(path, operation.logged_in())
    unproven = not _is_registered(operation, view, requester)
    return msgspec.structs.replace(task, view_b64=base64.b64encode(octets).decode(), unproven=unproven)


def _is_registered(operation: Operation, view: TaskView, requester: Requester) -> bool:
    """Whether the log has the view for who asks; True too where this phone knows no log, as no check is possible.

    Raises ProtocolError `bad_task` for a proof that doesn't hold.
    """
    stored = operation.vault.state.at("key").certificate
    if stored is None or stored.log_key is None:
        return True
    if requester.client_id is None:
        return False
    path = f"/api/phone/systems/{quote(requester.client_id, safe='')}/views/{view.digest}/registration"
    try:
        answer = operation.connection.get(path, operation.logged_in())
    except ProblemError as error:
        if error.code in {"not_logged_yet", "not_found"}:
            return False
        raise
    try:
        proof = parse_proof(answer)
        # The log is called otherwise after a restore; the key stays.
        name = proof.checkpoint.partition("\n")[0]
        entry = proof.check(VerifierKey(name, VerifierKey.parse(stored.log_key).public)).entry
    except LogError as error:
        raise ProtocolError("bad_task", f"the proof of the view's registration: {error}") from error
    named = (requester.client_id, view.id, view.version, view.digest)
    if not isinstance(entry, ViewEntry) or named != (
        entry.client_id,
        entry.view_id,
        entry.version,
        entry.digest.hex(),
    ):
        raise ProtocolError("bad_task", "the log's entry is of another view")
    return True


def together(scans: Sequence[Scan]) -> Scan:
    """Several requests of one system as one. Raises ProtocolError `bad_task`, PhoneError `too_many_documents`."""
    first, *others = scans
    if not others:
        return first
    asker = (first.requester.name, first.requester.domain)
    for scan in scans:
        if scan.kind != "signature" or (scan.requester.name, scan.requester.domain) != asker:
            raise ProtocolError("bad_task", "requests of different systems, or a login among them")
    tasks = tuple(task for scan in scans for task in scan.tasks)
    if len(tasks) > MOST_DOCUMENTS:
        raise PhoneError("too_many_documents")
    return msgspec.structs.replace(
        first,
        expires_at=min(scan.expires_at for scan in scans),
        tasks=tasks,
        parts=tuple(
            Part(request_id=scan.request_id, sids=tuple(task.sid for task in scan.tasks)) for scan in scans
        ),
    )


def _task(document: _Document) -> Task:
    """Enough of one for its lines to be drawn."""
    return Task(
        sid="",
        uid="",
        purpose="sign",
        message_b64="",
        media_type=document.media_type,
        title=document.title,
        display=document.display,
        format="cms",
        content_b64=document.content_b64,
        view=document.view,
        drawn=document.drawn,
    )

"""Inbox (待办): waiting requests, their amounts before they are accepted, and several answered together."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import msgspec

from mshield.client.errors import PhoneError, ProblemError, ProtocolError
from mshield.client.forms import read
from mshield.pki.errors import LogError
from mshield.pki.tlog.entry import ViewEntry
from mshield.pki.tlog.note import VerifierKey
from mshield.pki.tlog.proof import parse_proof
from mshield.testkit.phone.document import drawn_lines
from mshield.testkit.phone.messages import Part, Scan, Task
from mshield.testkit.phone.operation import Operation
from mshield.views.values import Decimal, decimal
from mshield.wire.phone.requests import (
    InboxMessage,
    RequesterMessage,
    ViewMessage,
    WaitingDocumentMessage,
    WaitingDocumentsMessage,
    WaitingMessage,
)

MOST_DOCUMENTS: Final = 64
"""Maximum number of documents in one session of the protocol."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """Total amounts of documents: exact, by currency, never converted.

    `without` is the number of documents for which no view renders an amount.
    """

    sums: tuple[tuple[str, Decimal], ...]
    without: int

    @property
    def texts(self) -> list[str]:
        """The amounts as displayed, one per currency."""
        return [f"{currency} {amount.text}" for currency, amount in self.sums]


def inbox(operation: Operation) -> tuple[WaitingMessage, ...]:
    """Lists the requests that wait for this shield (待办), newest first."""
    return read(operation.connection.get("/api/phone/inbox", operation.logged_in()), InboxMessage).requests


def amounts(operation: Operation, request: WaitingMessage) -> Amounts:
    """Returns the total amounts of an inbox request from its contents, without accepting it or notifying the requester.

    Raises: ProtocolError (`bad_task`: a content renders differently than the service states).
    """
    path = f"/api/phone/inbox/{quote(request.request_id, safe='')}"
    answer = read(operation.connection.get(path, operation.logged_in()), WaitingDocumentsMessage)
    readable = [_task(document) for document in answer.documents if document.content_b64 is not None]
    tasks = [with_view(operation, task, request.requester) for task in readable]
    return amounts_of(tasks, of=request.documents)


def amounts_of(tasks: Sequence[Task], *, of: int) -> Amounts:
    """Sums the amounts of the readable ones among `of` documents, by registered views only."""
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
                raise AssertionError("a drawn amount that is not a number")
            sums[value["currency"]] = sums.get(value["currency"], Decimal(0, 0)) + number
    return Amounts(tuple(sums.items()), of - paying)


def with_view(operation: Operation, task: Task, requester: RequesterMessage) -> Task:
    """Returns the task with its view, fetched here, and whether the view is proven; overrides the service's values.

    Raises: ProtocolError (`bad_task`: a proof of something else).
    """
    view = task.named_view
    if view is None:
        return msgspec.structs.replace(task, view_b64=None, unproven=False)
    path = f"/api/phone/views/{quote(view.digest, safe='')}"
    octets = operation.connection.get(path, operation.logged_in())
    unproven = not _is_registered(operation, view, requester)
    return msgspec.structs.replace(task, view_b64=base64.b64encode(octets).decode(), unproven=unproven)


def _is_registered(operation: Operation, view: ViewMessage, requester: RequesterMessage) -> bool:
    """Reports whether the log has the view for the requester. Raises: ProtocolError (`bad_task`: an invalid proof)."""
    stored = operation.vault.state.at("key").certificate
    if stored is None:
        raise PhoneError("no_key")
    path = f"/api/phone/systems/{quote(requester.client_id, safe='')}/views/{view.digest}/registration"
    try:
        answer = operation.connection.get(path, operation.logged_in())
    except ProblemError as error:
        if error.code in {"not_logged_yet", "not_found"}:
            return False
        raise
    try:
        proof = parse_proof(answer)
        # A restored log gets another name, but keeps its key.
        name = proof.checkpoint.partition("\n")[0]
        entry = proof.check(VerifierKey(name, VerifierKey.parse(stored.log_key).public)).entry
    except LogError as error:
        raise ProtocolError("bad_task", f"invalid proof of the view's registration: {error}") from error
    named = (requester.client_id, view.id, view.version, view.digest)
    if not isinstance(entry, ViewEntry) or named != (
        entry.client_id,
        entry.view_id,
        entry.version,
        entry.digest.hex(),
    ):
        raise ProtocolError("bad_task", "the log's entry is about another view")
    return True


def together(scans: Sequence[Scan]) -> Scan:
    """Combines requests of one system. Raises: ProtocolError (`bad_task`), PhoneError (`too_many_documents`)."""
    first, *others = scans
    if not others:
        return first
    asker = (first.requester.name, first.requester.domain)
    for scan in scans:
        if scan.kind != "signature" or (scan.requester.name, scan.requester.domain) != asker:
            raise ProtocolError("bad_task", "the requests are from different systems, or include a login")
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


def _task(document: WaitingDocumentMessage) -> Task:
    """Makes a task with the data needed for rendering its lines."""
    return Task(
        sid="",
        uid="",
        purpose="sign",
        state="waiting",
        message_b64="",
        media_type=document.media_type,
        title=document.title,
        display=document.display,
        format="cms",
        content_b64=document.content_b64,
        size=None,
        requester=None,
        expires_at=0,
        view=document.view,
        drawn=document.drawn,
    )

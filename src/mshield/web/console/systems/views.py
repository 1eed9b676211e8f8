"""Views (展示规则) of business systems at the console: handed in by one officer, approved by another, withdrawn.

View and samples are files, so they come in base64: no octet is changed on the way.
"""

import base64
import binascii
from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.domain.lines import MAX_REASON
from mshield.services.staff.members import StaffMember
from mshield.services.systems.view_drafts import (
    LONGEST_NAME,
    MOST_SAMPLES,
    Draft,
    Drawing,
    DrawnSample,
    HandedIn,
    ViewFile,
)
from mshield.services.systems.views import ListedView, list_views
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, file_answer, filled
from mshield.web.body import Hex32, Wire, body_of
from mshield.web.console.approvals import ApprovalMessage, Id, approval_message, seen_approval
from mshield.web.console.authentication import PEOPLE, staff_of
from mshield.web.console.systems.manage import READERS, WRITER
from mshield.web.context import context_of
from mshield.web.router import Router

router: Final = Router("console")
File = Annotated[str, msgspec.Meta(min_length=4, extra_json_schema={"format": "byte"})]


class SampleMessage(Wire, frozen=True):
    """A content as the business system would send it, and what it is called; together 512 KiB at most, each 256."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
    content_b64: File


class ViewFilesMessage(Wire, frozen=True):
    """A view's file, and contents that it must draw."""

    view_b64: File
    samples: Annotated[tuple[SampleMessage, ...], msgspec.Meta(min_length=1, max_length=MOST_SAMPLES)]


class HandInViewMessage(ViewFilesMessage, frozen=True):
    """The same, and why."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_REASON)]


class WithdrawViewMessage(Wire, frozen=True):
    """Why; it is kept with the act."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_REASON)]


class ViewMessage(Wire, frozen=True):
    """A registered version; times in ms. The names are null where two people did it at the server.

    `in_force`: requests that name no version take this one; `replaced`: only those that name it; `withdrawn`: none.
    """

    id: str
    version: int
    title: str
    content: Literal["xml", "json"]
    digest: Hex32
    state: Literal["in_force", "replaced", "withdrawn"]
    at: int
    withdrawn_at: int | None
    approval_id: str | None
    asked_by_name: str | None
    approved_by_name: str | None


class ViewsMessage(Wire, frozen=True):
    """All versions of all views of a system, by id, the newest version first."""

    items: tuple[ViewMessage, ...]


class DrawingMessage(Wire, frozen=True):
    """What a view makes of a sample: `drawn` (`mshield-drawn/v1`), or `error`, and `at` by a JSON Pointer."""

    drawn: dict[str, Any] | None
    error: str | None
    at: str | None


class DrawnSampleMessage(Wire, frozen=True):
    """A sample as the version in force draws it, null where there is none, and as the new one does."""

    name: str
    size: int
    digest: Hex32
    before: DrawingMessage | None
    after: DrawingMessage


class ViewDraftMessage(Wire, frozen=True):
    """A view that was handed in, or might be, with each sample drawn.

    `view` is all of it, for who reads the rules themselves; `in_force` is the version that it follows.
    """

    id: str
    version: int
    title: str
    content: Literal["xml", "json"]
    digest: Hex32
    view: dict[str, Any]
    in_force: int | None
    samples: tuple[DrawnSampleMessage, ...]


async def _writer(request: Request) -> StaffMember:
    return await staff_of(request, WRITER)


@router.get(
    "/systems/{client_id}/views",
    summary="List a system's views",
    operation_id="listViews",
    answers=openapi.answers(ViewsMessage, "All of them"),
)
async def views(request: Request, client_id: str) -> Response:
    """What waits for a second officer stands among the approvals, as act `view.add`."""
    await staff_of(request, *READERS)
    listed = await list_views(context_of(request).db, client_id)
    return JsonAnswer(ViewsMessage(tuple(_view(view) for view in listed)))


@router.post(
    "/systems/{client_id}/view-previews",
    summary="Draw what might be handed in",
    operation_id="previewView",
    known_first=_writer,
    asks=openapi.takes(ViewFilesMessage),
    answers=openapi.answers(ViewDraftMessage, "Drawn, as far as it can be") | openapi.problems(413),
)
async def preview(request: Request, client_id: str) -> Response:
    """Changes nothing. A sample that can't be drawn says why; a view that can't be read is `view_failed`."""
    await _writer(request)
    handed_in = _handed_in(await body_of(request, ViewFilesMessage))
    draft = await context_of(request).systems.views.draft(client_id, handed_in)
    return JsonAnswer(_draft(draft))


@router.post(
    "/systems/{client_id}/views",
    summary="Hand in a view",
    operation_id="handInView",
    known_first=_writer,
    asks=openapi.takes(HandInViewMessage),
    security=PEOPLE,
    answers=openapi.answers(ApprovalMessage, "It waits for another officer", status=201)
    | openapi.problems(413),
)
async def hand_in(request: Request, client_id: str) -> Response:
    """Its version is the last one of its id plus one. It counts once another officer has approved it."""
    member = await _writer(request)
    message, context = await body_of(request, HandInViewMessage), context_of(request)
    asked = await context.systems.views.hand_in(
        member, client_id, _handed_in(message), reason=message.reason, now=context.clock()
    )
    return JsonAnswer(approval_message(context, member, asked), 201)


@router.get(
    "/systems/{client_id}/views/{digest}",
    summary="A view's file",
    operation_id="downloadView",
    answers=openapi.answers_file("The canonical octets, whose SM3 is the digest", "application/octet-stream"),
)
async def download(request: Request, client_id: str, digest: Hex32) -> Response:
    """Also of a withdrawn version."""
    await staff_of(request, *READERS)
    row = await context_of(request).systems.views.find(client_id, bytes.fromhex(digest))
    name = f"{row.view_id.replace('/', '-')}-v{row.version}.json"
    return file_answer(row.octets, "application/octet-stream", name)


@router.post(
    "/systems/{client_id}/views/{digest}/withdrawal",
    summary="Withdraw a view",
    operation_id="withdrawView",
    asks=openapi.takes(WithdrawViewMessage),
    security=PEOPLE,
    answers=openapi.answers(ViewsMessage, "All views of the system, as they stand now"),
)
async def withdraw(request: Request, client_id: str, digest: Hex32) -> Response:
    """For new requests only; where an earlier version is left, that one is in force again."""
    member, context = await _writer(request), context_of(request)
    message = await body_of(request, WithdrawViewMessage)
    await context.systems.views.withdraw(
        client_id, bytes.fromhex(digest), reason=message.reason, by=member.by, now=context.clock()
    )
    listed = await list_views(context.db, client_id)
    return JsonAnswer(ViewsMessage(tuple(_view(view) for view in listed)))


@router.get(
    "/approvals/{approval_id}/view",
    summary="The view that a question is about",
    operation_id="showProposedView",
    answers=openapi.answers(ViewDraftMessage, "Each sample drawn by it, and by the version in force then"),
)
async def proposed(request: Request, approval_id: Id) -> Response:
    """Of an act `view.add`. What came to nothing is kept for a day at most."""
    _, context, row = await seen_approval(request, approval_id)
    return JsonAnswer(_draft(await context.systems.views.proposed(row)))


def _handed_in(message: ViewFilesMessage) -> HandedIn:
    samples = tuple(ViewFile(sample.name, _decoded(sample.content_b64)) for sample in message.samples)
    return HandedIn(_decoded(message.view_b64), samples)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise errors.InvalidRequest(fields=["view_b64", "samples"]) from error


def _view(listed: ListedView) -> ViewMessage:
    row = listed.view
    return filled(
        ViewMessage,
        row,
        id=row.view_id,
        digest=row.digest.hex(),
        title=listed.title,
        content=listed.content,
        state=listed.state,
        asked_by_name=listed.asked_by_name,
        approved_by_name=listed.approved_by_name,
    )


def _draft(draft: Draft) -> ViewDraftMessage:
    view = draft.view
    return filled(
        ViewDraftMessage,
        view,
        digest=view.digest.hex(),
        view=msgspec.json.decode(view.octets),
        in_force=None if draft.in_force is None else draft.in_force.version,
        samples=tuple(_sample(sample) for sample in draft.samples),
    )


def _sample(sample: DrawnSample) -> DrawnSampleMessage:
    return filled(
        DrawnSampleMessage,
        sample,
        digest=sample.digest.hex(),
        before=None if sample.before is None else _drawing(sample.before),
        after=_drawing(sample.after),
    )


def _drawing(drawing: Drawing) -> DrawingMessage:
    drawn = None if drawing.drawn is None else msgspec.json.decode(drawing.drawn)
    return DrawingMessage(drawn, drawing.error, drawing.at)

"""Audit log of the console and of the service's commands, for auditors."""

import datetime as dt
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.pki.tlog.act_proof import ProvenAct
from mshield.server.errors import InvalidRequest
from mshield.server.filing.read_list import MEDIA_TYPES
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, file_answer, filled
from mshield.server.http.body import Wire
from mshield.server.http.caller import context_of
from mshield.server.http.console.authentication import staff_of
from mshield.server.http.console.search_words import (
    NumberEnding,
    PageOfPeople,
    PeopleWords,
    Text32,
    Word,
    searched,
)
from mshield.server.http.router import Router
from mshield.server.log.inclusion import InclusionMessage
from mshield.server.log.prove_act import prove_act
from mshield.server.staff.list_acts import Actors, ActTerms, Subjects, Words
from mshield.server.staff.members import StaffMember
from mshield.server.staff.rules import StaffRole
from mshield.server.values.ids import require_id

router: Final = Router("console")
_READERS: Final = (StaffRole.AUDITOR, StaffRole.SECURITY_OFFICER)
Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f-]{0,36}\Z")]
ActorId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f-]{1,36}\Z")]
Subject = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z_-]{1,64}\Z")]
ActName = Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,32}([.][a-z_]{1,32})?\Z")]
Time = Annotated[int, msgspec.Meta(ge=0, le=2**47)]


class ActWords(PeopleWords, frozen=True):
    """Filters of the audit log.

    Search terms describe people: they select actions on their accounts, filing, shields and certificates, and
    actions whose subject is the name itself. With the prefix `by_` they select actions by these people, or by
    staff with this in their names. A subject can't be combined with terms for it, nor `actor_id` with terms
    in `by_`: one of the two would have no effect.
    """

    subject: Annotated[Subject | None, msgspec.Meta(description="only this subject")] = None
    actor_id: Annotated[ActorId | None, msgspec.Meta(description="only this actor")] = None
    by_name: Annotated[
        Word | None,
        msgspec.Meta(description="actor: as `name`, or any part of a staff member's name"),
    ] = None
    by_end: Annotated[
        NumberEnding | None,
        msgspec.Meta(description="actor: the end of an ID, phone or shield number"),
    ] = None
    by_id_number: Annotated[Text32 | None, msgspec.Meta(description="actor: only this person's accounts")] = (
        None
    )
    by_credit_code: Annotated[
        Text32 | None,
        msgspec.Meta(description="actor: only people who have or had a shield of this enterprise"),
    ] = None
    act: Annotated[ActName | None, msgspec.Meta(description="one kind of action, or one area")] = None
    since: Annotated[Time | None, msgspec.Meta(description="from this time on, in ms")] = None
    until: Annotated[Time | None, msgspec.Meta(description="before this time, in ms")] = None

    async def terms_of(self, request: Request, member: StaffMember) -> ActTerms:
        """Converts the filters for the service.

        Raises: InvalidRequest, InvalidCreditCode, TooManyRequests, WholeNumberNeeded.
        """
        list_acts = context_of(request).staff.acts
        words = self.words_of(member, _READERS)
        actor_words = PeopleWords(
            name=self.by_name, end=self.by_end, id_number=self.by_id_number, credit_code=self.by_credit_code
        )
        actor_terms = actor_words.words_of(member, _READERS)
        subjects = None if self.subject is None else Subjects([self.subject])
        actors = None if self.actor_id is None else Actors([self.actor_id])
        if words != Words():
            if subjects is not None:
                raise InvalidRequest(fields=["subject"])
            subjects = await searched(
                request,
                member,
                lambda: list_acts.subjects(words),
                by_number=self.has_number,
                hit=lambda found: found.somebody,
            )
        if actor_terms != Words():
            if actors is not None:
                raise InvalidRequest(fields=["actor_id"])
            actors = await searched(
                request,
                member,
                lambda: list_acts.actors(actor_terms),
                by_number=actor_words.has_number,
                hit=lambda found: bool(found.ids),
            )
        return ActTerms(subjects=subjects, actors=actors, act=self.act, since=self.since, until=self.until)


class ActsPage(ActWords, frozen=True):
    """Filters of the audit log, and the position of the page."""

    before: Annotated[Id | None, msgspec.Meta(description="`next` of the previous page")] = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class ActsExport(ActWords, frozen=True, forbid_unknown_fields=True):
    """Filters and format of an export; unknown parameters are refused, so that no file holds more than was intended."""

    format: Annotated[Literal["xlsx", "csv"], msgspec.Meta(description="file format")] = "xlsx"


class ActMessage(Wire, frozen=True):
    """An action: who (`actor` with its ID) did what to whom, when (ms), and the recorded details.

    `actor_name` is the actor's name if it has one here, `subject_name` the present name of an account, member
    of staff, person on file or business system; `logged`: it is in the transparency log, so `proveAct` works.
    """

    id: str
    actor: str
    actor_id: str | None
    actor_name: str | None
    act: str
    subject: str
    subject_name: str | None
    details: dict[str, Any]
    at: int
    logged: bool


class ActsMessage(PageOfPeople[ActMessage], frozen=True):
    """A page; `next` is the value of `before` for the following page, or null.

    `more_people`: the terms match more than 300 accounts, people on file or staff; actions on or by the
    others are missing.
    """


class LoggedActMessage(ProvenAct, frozen=True):
    """A row as it was logged; `details` is its JSON text byte for byte."""


class ActProofMessage(Wire, frozen=True, rename={"kind": "type"}):
    """A file that `mshield log verify --proof` checks offline. `salt` (hex) opens the entry's commitment."""

    kind: str
    act: LoggedActMessage
    salt: str
    proof: InclusionMessage


class ProvenActMessage(Wire, frozen=True):
    """The proof, and the log's key (vkey) according to this service; obtain the key elsewhere before you trust it."""

    key: str
    file: ActProofMessage


@router.get(
    "/acts",
    summary="List the audit log",
    operation_id="listActs",
    answers=openapi.answers(ActsMessage, "A page, newest first"),
)
async def acts(request: Request, query: ActsPage) -> Response:
    """Lists recorded actions, which can't be changed or deleted."""
    member = await staff_of(request, *_READERS)
    terms = await query.terms_of(request, member)
    list_acts = context_of(request).staff.acts
    rows = await list_acts(terms, before=query.before, most=query.limit + 1)
    page = rows[: query.limit]
    names = await list_acts.names(page)
    items = tuple(
        filled(ActMessage, row, subject_name=names.get(row.subject), logged=row.log_index is not None)
        for row in page
    )
    following = items[-1].id if len(rows) > query.limit else None
    return JsonAnswer(ActsMessage(items, following, terms.is_cut))


@router.get(
    "/acts/export",
    summary="Export the audit log",
    operation_id="exportActs",
    answers=openapi.answers_file("The list", *MEDIA_TYPES.values()),
)
async def export(request: Request, query: ActsExport) -> Response:
    """Exports the list, filtered like `listActs`, newest first, at most 50 000 entries. The export is logged too."""
    member = await staff_of(request, *_READERS)
    terms = await query.terms_of(request, member)
    context = context_of(request)
    now = context.clock()
    content = await context.staff.acts.export(query.format, terms, by=member.by, now=now)
    day = dt.datetime.fromtimestamp(now / 1000, ZoneInfo(context.settings.site.time_zone)).date().isoformat()
    return file_answer(content, MEDIA_TYPES[query.format], f"acts-{day}.{query.format}")


@router.get(
    "/acts/{act_id}/proof",
    summary="Prove that an action is in the transparency log",
    operation_id="proveAct",
    answers=openapi.answers(ProvenActMessage, "The proof"),
)
async def proof(request: Request, act_id: str) -> Response:
    """Returns a proof for the latest checkpoint.

    The page checks it in the browser, `mshield log verify` on any machine.
    """
    await staff_of(request, *_READERS)
    log = context_of(request).log
    proven = await prove_act(log, require_id(act_id))
    file = msgspec.convert(proven.to_json(), ActProofMessage)
    return JsonAnswer(ProvenActMessage(str(log.key.verifier), file))

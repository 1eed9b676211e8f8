"""What was done at the console and by the service's commands, for auditors."""

import base64
import datetime as dt
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.domain.ids import require_id
from mshield.domain.staff import StaffRole
from mshield.pki.tlog.act_proof import TYPE
from mshield.services.filing.read_list import MEDIA_TYPES
from mshield.services.log.prove_act import prove_act
from mshield.services.staff.list_acts import Actors, ActTerms, Subjects, Words
from mshield.services.staff.members import StaffMember
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, file_answer, filled
from mshield.web.body import Wire
from mshield.web.console.authentication import staff_of
from mshield.web.console.search.words import NumberEnding, PeopleWords, Text32, Word
from mshield.web.context import context_of
from mshield.web.router import Router

router: Final = Router("console")
_READERS: Final = (StaffRole.AUDITOR, StaffRole.SECURITY_OFFICER)
Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f-]{0,36}\Z")]
ActorId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f-]{1,36}\Z")]
Subject = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z_-]{1,64}\Z")]
ActName = Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,32}([.][a-z_]{1,32})?\Z")]
Time = Annotated[int, msgspec.Meta(ge=0, le=2**47)]


class ActWords(PeopleWords, frozen=True):
    """What the list is narrowed to.

    Words mean people: acts on their accounts, filing, shields and certificates are listed, and those whose subject is
    the name itself; with `by_` before them, acts that these people did, or staff with this in their names. A subject
    and words for it are refused together, as are `actor_id` and words with `by_`: one of both would narrow nothing.
    """

    subject: Annotated[Subject | None, msgspec.Meta(description="of one subject only")] = None
    actor_id: Annotated[ActorId | None, msgspec.Meta(description="by one actor only")] = None
    by_name: Annotated[
        Word | None,
        msgspec.Meta(description="by whom: as `name`, or any part of the name of a member of staff"),
    ] = None
    by_end: Annotated[
        NumberEnding | None,
        msgspec.Meta(description="by whom: the end of an id number, a phone number or a shield number"),
    ] = None
    by_id_number: Annotated[Text32 | None, msgspec.Meta(description="by this person's accounts only")] = None
    by_credit_code: Annotated[
        Text32 | None, msgspec.Meta(description="by who has or had a shield of this enterprise only")
    ] = None
    act: Annotated[ActName | None, msgspec.Meta(description="of one kind, or one area")] = None
    since: Annotated[Time | None, msgspec.Meta(description="from this time on, ms")] = None
    until: Annotated[Time | None, msgspec.Meta(description="before this time, ms")] = None

    async def terms_of(self, request: Request, member: StaffMember) -> ActTerms:
        """The same for the service. Raises InvalidRequest, InvalidCreditCode, TooManyRequests."""
        list_acts = context_of(request).staff.acts
        words = await self.words_of(request, member)
        who = PeopleWords(
            name=self.by_name, end=self.by_end, id_number=self.by_id_number, credit_code=self.by_credit_code
        )
        by = await who.words_of(request, member)
        subjects = None if self.subject is None else Subjects([self.subject])
        actors = None if self.actor_id is None else Actors([self.actor_id])
        if words != Words():
            if subjects is not None:
                raise errors.InvalidRequest(fields=["subject"])
            subjects = await list_acts.subjects(words)
        if by != Words():
            if actors is not None:
                raise errors.InvalidRequest(fields=["actor_id"])
            actors = await list_acts.actors(by)
        return ActTerms(subjects=subjects, actors=actors, act=self.act, since=self.since, until=self.until)


class ActsPage(ActWords, frozen=True):
    """A page of it."""

    before: Annotated[Id | None, msgspec.Meta(description="`next` of the page before")] = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class ActsExport(ActWords, frozen=True, forbid_unknown_fields=True):
    """The same as a file; a name that it doesn't know is refused, so that no file has more than was meant."""

    format: Annotated[Literal["xlsx", "csv"], msgspec.Meta(description="the kind of file")] = "xlsx"


class ActMessage(Wire, frozen=True):
    """One act: who (`actor` with its id) did what to whom, when (ms), and the details that were recorded.

    `actor_name` where they have one here, `subject_name` what an account, a member, a filed person or a business system
    is called now; `logged`: it is in the transparency log, so `proveAct` answers.
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


class ActsMessage(Wire, frozen=True):
    """A page; `next` is the `before` of the one that follows, or null.

    `more_people`: words fit more than 300 accounts, filed people or staff, and acts on or by the others aren't here.
    """

    items: tuple[ActMessage, ...]
    next: str | None
    more_people: bool


class LoggedActMessage(Wire, frozen=True):
    """A row as it was logged; `details` is its JSON text byte for byte."""

    id: str
    actor: str
    actor_id: str | None
    act: str
    subject: str
    details: str
    at: int


class InclusionMessage(Wire, frozen=True):
    """An inclusion proof (RFC 6962): entry and hashes in base64, the signed checkpoint as it is."""

    entry: str
    index: int
    hashes: tuple[str, ...]
    checkpoint: str


class ActProofMessage(Wire, frozen=True, rename={"kind": "type"}):
    """A file of its own: `mshield log verify --proof` checks it offline. `salt` in hex opens the entry's commitment."""

    kind: str
    act: LoggedActMessage
    salt: str
    proof: InclusionMessage


class ProvenActMessage(Wire, frozen=True):
    """The proof, and the log's key (vkey) as this service says it; learn it from elsewhere to believe it."""

    key: str
    file: ActProofMessage


@router.get(
    "/acts",
    summary="What was done",
    operation_id="listActs",
    answers=openapi.answers(ActsMessage, "A page, newest first"),
)
async def acts(request: Request, query: ActsPage) -> Response:
    """Nothing here can be changed or deleted."""
    member = await staff_of(request, *_READERS)
    terms = await query.terms_of(request, member)
    list_acts = context_of(request).staff.acts
    rows = await list_acts(terms, before=query.before, most=query.limit + 1)
    shown = rows[: query.limit]
    names = await list_acts.names(shown)
    items = tuple(
        filled(ActMessage, row, subject_name=names.get(row.subject), logged=row.log_index is not None)
        for row in shown
    )
    following = items[-1].id if len(rows) > query.limit else None
    return JsonAnswer(ActsMessage(items, following, terms.is_cut))


@router.get(
    "/acts/export",
    summary="What was done, as a file",
    operation_id="exportActs",
    answers=openapi.answers_file("The list", *MEDIA_TYPES.values()),
)
async def export(request: Request, query: ActsExport) -> Response:
    """The whole list, narrowed like `listActs`, the newest first: 50 000 acts at most. The export is an act itself."""
    member = await staff_of(request, *_READERS)
    terms = await query.terms_of(request, member)
    context = context_of(request)
    now = context.clock()
    content = await context.staff.acts.export(query.format, terms, by=member.by, now=now)
    day = dt.datetime.fromtimestamp(now / 1000, ZoneInfo(context.settings.time_zone)).date().isoformat()
    return file_answer(content, MEDIA_TYPES[query.format], f"acts-{day}.{query.format}")


@router.get(
    "/acts/{act_id}/proof",
    summary="Prove that an act is in the transparency log",
    operation_id="proveAct",
    answers=openapi.answers(ProvenActMessage, "The proof"),
)
async def proof(request: Request, act_id: str) -> Response:
    """Under the last checkpoint. The page checks it in the browser, `mshield log verify` on any machine."""
    await staff_of(request, *_READERS)
    log = context_of(request).log
    proven = await prove_act(log, require_id(act_id))
    inclusion = filled(
        InclusionMessage,
        proven.proof,
        entry=_base64(proven.proof.entry),
        hashes=tuple(map(_base64, proven.proof.hashes)),
    )
    file = ActProofMessage(TYPE, filled(LoggedActMessage, proven.act), proven.salt.hex(), inclusion)
    return JsonAnswer(ProvenActMessage(str(log.key.verifier), file))


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()

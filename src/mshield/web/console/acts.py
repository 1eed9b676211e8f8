"""What was done at the console and by the service's commands, for auditors."""

import base64
from typing import Annotated, Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.ids import require_id
from mshield.domain.staff import StaffRole
from mshield.pki.tlog.act_proof import TYPE
from mshield.services.log.prove_act import prove_act
from mshield.services.staff.list_acts import Subjects, Words
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled
from mshield.web.body import Wire
from mshield.web.console.authentication import staff_of
from mshield.web.console.search.words import PeopleWords
from mshield.web.context import context_of
from mshield.web.router import Router

router: Final = Router("console")
Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f-]{0,36}\Z")]
Subject = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z_-]{1,64}\Z")]
ActName = Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,32}([.][a-z_]{1,32})?\Z")]
Time = Annotated[int, msgspec.Meta(ge=0, le=2**47)]


class ActsWanted(PeopleWords, frozen=True):
    """What the list is narrowed to, and where its page begins.

    Words mean people: acts on their accounts, filing, shields and certificates are listed, and those whose subject is
    the name itself.
    """

    subject: Annotated[Subject | None, msgspec.Meta(description="of one subject only")] = None
    actor_id: Annotated[Id | None, msgspec.Meta(description="by one actor only")] = None
    act: Annotated[ActName | None, msgspec.Meta(description="of one kind, or one area")] = None
    since: Annotated[Time | None, msgspec.Meta(description="from this time on, ms")] = None
    until: Annotated[Time | None, msgspec.Meta(description="before this time, ms")] = None
    before: Annotated[Id | None, msgspec.Meta(description="`next` of the page before")] = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


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

    `more_people`: the words fit more than 300 accounts or filed people, and acts on the others aren't here.
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
async def acts(request: Request, query: ActsWanted) -> Response:
    """Nothing here can be changed or deleted."""
    member = await staff_of(request, StaffRole.AUDITOR, StaffRole.SECURITY_OFFICER)
    list_acts = context_of(request).staff.acts
    words, subjects = await query.words_of(request, member), None
    if query.subject is not None:
        subjects = Subjects([query.subject])
    elif words != Words():
        subjects = await list_acts.subjects(words)
    rows = await list_acts(
        subjects=subjects,
        actor_id=query.actor_id,
        act=query.act,
        since=query.since,
        until=query.until,
        before=query.before,
        most=query.limit + 1,
    )
    shown = rows[: query.limit]
    names = await list_acts.names(shown)
    items = tuple(
        filled(ActMessage, row, subject_name=names.get(row.subject), logged=row.log_index is not None)
        for row in shown
    )
    following = items[-1].id if len(rows) > query.limit else None
    return JsonAnswer(ActsMessage(items, following, subjects is not None and subjects.is_cut))


@router.get(
    "/acts/{act_id}/proof",
    summary="Prove that an act is in the transparency log",
    operation_id="proveAct",
    answers=openapi.answers(ProvenActMessage, "The proof"),
)
async def proof(request: Request, act_id: str) -> Response:
    """Under the last checkpoint. The page checks it in the browser, `mshield log verify` on any machine."""
    await staff_of(request, StaffRole.AUDITOR, StaffRole.SECURITY_OFFICER)
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

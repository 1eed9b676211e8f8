"""Filing records (备案) at the console: lists come in."""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.domain.staff import StaffRole
from mshield.services.filing.aside import aside
from mshield.services.filing.read_list import MEDIA_TYPES, read_list
from mshield.services.filing.report import Report, report_data
from mshield.services.staff.members import StaffMember
from mshield.web import openapi
from mshield.web.answers import JsonAnswer
from mshield.web.body import Wire
from mshield.web.console.authentication import staff_of
from mshield.web.console.grave import require_grave
from mshield.web.context import context_of
from mshield.web.query import Query
from mshield.web.router import Router

router: Final = Router("console")
_NAME: Final = r"^[0-9A-Za-z-]{8,64}\Z"

Change = Literal["add", "change", "none"]
RoleName = Literal["legal_person", "operator"]


class ImportWanted(Query, frozen=True):
    """Whether to import."""

    dry_run: Annotated[Literal["true", "false"], msgspec.Meta(description="true: say what would change")] = (
        "false"
    )
    progress: (
        Annotated[str, msgspec.Meta(pattern=_NAME, description="the caller's own, to ask how far it is")]
        | None
    ) = None


class ProgressMessage(Wire, frozen=True):
    """`done` lines of `total` are compared with what is on file, or then taken; `phase` is null before."""

    phase: Literal["compare", "take"] | None
    done: int
    total: int


class FindingMessage(Wire, frozen=True):
    """A fault of a line; `field` is null for the line as a whole, `code` is stable.

    `column` is the field's heading, `value` what stands in the cell: of id and phone numbers not the whole.
    """

    field: str | None
    code: str
    zh: str
    en: str
    column: str
    value: str | None


class FieldChangeMessage(Wire, frozen=True):
    """What is on file of a field, and what comes in its place; empty for nothing."""

    field: Literal["name", "id_type", "phone", "enterprise"]
    old: str
    new: str


class LineMessage(Wire, frozen=True):
    """What becomes of one line of the file; where there are findings, what stands in it as it is written there.

    `waits`: it makes somebody a legal person, which takes two. It waits for their `approval`, or needs a `person` who
    asks, not a program.
    """

    line: int
    kind: Literal["errors", "changes", "added", "unchanged"]
    change: Change | None
    enterprise_change: Change | None
    name: str | None
    id_number_masked: str | None
    role: RoleName | None
    enterprise: str | None
    credit_code: str | None
    waits: Literal["approval", "person"] | None
    shields_stopped: int
    changes: tuple[FieldChangeMessage, ...]
    findings: tuple[FindingMessage, ...]


class ImportMessage(Wire, frozen=True):
    """The report of a list: counts of people and of enterprises, then line by line.

    `shields_stopped` have to be renewed before they work again, each counted once; a line's are its person's, or all
    of an enterprise that gets another name. A dry run counts those of waiting lines too.

    The other counts are without the lines that wait; `approval_id` is the question that shows them to a second officer.
    """

    applied: bool
    will_add: int
    will_change: int
    unchanged: int
    enterprises_add: int
    enterprises_change: int
    waiting: int
    shields_stopped: int
    lines: tuple[LineMessage, ...]
    approval_id: str | None


async def _officer(request: Request) -> StaffMember:
    return await staff_of(request, StaffRole.FILING_OFFICER)


@router.post(
    "/filing/imports",
    summary="Import a list of filed people",
    operation_id="importFiling",
    known_first=_officer,
    asks=openapi.takes_file(*MEDIA_TYPES.values()),
    answers=openapi.answers(ImportMessage, "The dry run's report")
    | openapi.answers(ImportMessage, "Imported", status=201)
    | openapi.problems(413),
)
async def import_list(request: Request, query: ImportWanted) -> Response:
    """The body is the file itself, .xlsx or .csv by its media type. New legal persons wait for a second officer.

    Where any line is bad nothing is imported: 422 `filing_lines_bad` with the same report in `report`. A dry run
    answers its report with 200 in any case.
    """
    member = await _officer(request)
    context = context_of(request)
    tell = context.filing.progress.telling(member.id, query.progress)
    rows = await read_list(await request.body(), request.headers.get("content-type", ""))
    if query.dry_run == "true":
        plan = context.staff.import_filing.plan(member, rows, tell=tell, now=context.clock())
        return await _answer(await plan)
    require_grave(request, member)
    report, approval_id = await context.staff.import_filing.apply(
        member, rows, tell=tell, now=context.clock()
    )
    if not report.is_good:
        bad = sum(bool(line.findings) for line in report.lines)
        raise errors.FilingLinesBad(lines=bad, report=await aside(report_data, report))
    return await _answer(report, 201, approval_id)


@router.get(
    "/filing/imports/{progress}",
    summary="How far an import is",
    operation_id="showImportProgress",
    answers=openapi.answers(ProgressMessage, "As it was told last"),
)
async def show_progress(request: Request, progress: Annotated[str, msgspec.Meta(pattern=_NAME)]) -> Response:
    """Of one's own import or dry run, by the name that its call gave it; before it compares lines nothing is known."""
    member = await _officer(request)
    step = context_of(request).filing.progress.of(member.id, progress)
    if step is None:
        return JsonAnswer(ProgressMessage(None, 0, 0))
    return JsonAnswer(ProgressMessage(step.phase, step.done, step.total))


async def _answer(report: Report, status: int = 200, approval_id: str | None = None) -> Response:
    """Made in a thread: of 100 000 lines it takes a second."""
    return JsonAnswer(await aside(_written, report, approval_id), status)


def _written(report: Report, approval_id: str | None) -> bytes:
    data = report_data(report, approval_id)
    # One by one, so that the loop gets its turns in between.
    lines = tuple([msgspec.convert(line, LineMessage) for line in data["lines"]])
    return msgspec.json.encode(ImportMessage(**{**data, "lines": lines}))

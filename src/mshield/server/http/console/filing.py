"""Import of filing records (备案) in the console."""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.accounts.number_searches import MOST_COMPARED
from mshield.server.filing.errors import FilingLinesBad
from mshield.server.filing.origin import Origin
from mshield.server.filing.progress import ProgressMessage
from mshield.server.filing.read_list import MEDIA_TYPES, read_list
from mshield.server.filing.report import FieldChangeMessage, Report, report_data
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer
from mshield.server.http.body import Wire
from mshield.server.http.caller import context_of
from mshield.server.http.console.authentication import staff_of
from mshield.server.http.console.readings import record_reading
from mshield.server.http.console.sensitive import require_recent_factor
from mshield.server.http.query import Query
from mshield.server.http.router import Router
from mshield.server.runtime.list_thread import run_in_thread
from mshield.server.staff.members import StaffMember
from mshield.server.staff.rules import StaffRole

router: Final = Router("console")
_NAME: Final = r"^[0-9A-Za-z-]{8,64}\Z"

Change = Literal["add", "change", "none"]
RoleName = Literal["legal_person", "operator"]


class ImportWanted(Query, frozen=True):
    """Options of an import."""

    dry_run: Annotated[
        Literal["true", "false"], msgspec.Meta(description="true: only report what would change")
    ] = "false"
    progress: (
        Annotated[
            str,
            msgspec.Meta(pattern=_NAME, description="name chosen by the caller, for polling the progress"),
        ]
        | None
    ) = None
    file: (
        Annotated[
            str, msgspec.Meta(max_length=255, description="the file's name, for the record of what changed")
        ]
        | None
    ) = None


class FindingMessage(Wire, frozen=True):
    """An error in a line; `field` is null for the whole line, `code` is stable.

    `column` is the field's heading, `value` the cell's content, shortened for ID and phone numbers.
    """

    field: str | None
    code: str
    zh: str
    en: str
    column: str
    value: str | None


class LineMessage(Wire, frozen=True):
    """Result for one line of the file; with findings, its content as written there.

    `waits`: it makes somebody a legal person, which requires two people. It waits for `approval`, or needs a
    `person` instead of a program to request it.
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
    """Report of an import: counts of people and of enterprises, then the lines.

    `shields_stopped` counts shields to be renewed before they work again, each once; a line's are its
    person's, or all of an enterprise that is renamed. A dry run includes those of waiting lines.

    The other counts exclude waiting lines; `approval_id` is the request that shows them to a second officer.
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
    summary="Import a list of people on file",
    operation_id="importFiling",
    known_first=_officer,
    asks=openapi.takes_file(*MEDIA_TYPES.values()),
    answers=openapi.answers(ImportMessage, "The dry run's report")
    | openapi.answers(ImportMessage, "Imported", status=201)
    | openapi.problems(413),
)
async def import_list(request: Request, query: ImportWanted) -> Response:
    """Imports the file in the body, .xlsx or .csv by its media type. New legal persons wait for a second officer.

    If any line has an error, nothing is imported: 422 `filing_lines_bad` with the same report in `report`. A
    dry run always returns its report with 200. Lines that differ from the filing and aren't carried out count
    as searches that find nobody; a dry run of more than five lines needs what the import needs.
    """
    member = await _officer(request)
    context = context_of(request)
    tell = context.filing.progress.reporter(member.id, query.progress)
    content = await request.body()
    rows = await read_list(content, request.headers.get("content-type", ""))
    if query.dry_run == "true":
        if len(rows) > MOST_COMPARED:
            require_recent_factor(request, member)  # Like an export, it says of many people what is on file.
        report = await context.staff.import_filing.plan(member, rows, tell=tell, now=context.clock())
        await record_reading(request, member, "filing_import")  # It shows what is on file.
        return await _answer(report)
    require_recent_factor(request, member)
    origin = await run_in_thread(Origin.of_file, content, query.file)
    report, approval_id = await context.staff.import_filing.apply(
        member, rows, origin, tell=tell, now=context.clock()
    )
    if report.guesses:
        await record_reading(request, member, "filing_import")
    if not report.is_good:
        bad = sum(bool(line.findings) for line in report.lines)
        raise FilingLinesBad(lines=bad, report=await run_in_thread(report_data, report))
    return await _answer(report, 201, approval_id)


@router.get(
    "/filing/imports/{progress}",
    summary="Show the progress of an import",
    operation_id="showImportProgress",
    answers=openapi.answers(ProgressMessage, "The last known progress"),
)
async def show_progress(request: Request, progress: Annotated[str, msgspec.Meta(pattern=_NAME)]) -> Response:
    """Returns the progress of the caller's own import or dry run, by the name given to it.

    The progress is zero until lines are compared.
    """
    member = await _officer(request)
    return JsonAnswer(context_of(request).filing.progress.of(member.id, progress))


async def _answer(report: Report, status: int = 200, approval_id: str | None = None) -> Response:
    """Builds the answer in a thread, because 100 000 lines take a second."""
    return JsonAnswer(await run_in_thread(_written, report, approval_id), status)


def _written(report: Report, approval_id: str | None) -> bytes:
    data = report_data(report, approval_id)
    # Convert line by line, so that the event loop gets its turns in between.
    lines = tuple([msgspec.convert(line, LineMessage) for line in data["lines"]])
    return msgspec.json.encode(ImportMessage(**{**data, "lines": lines}))

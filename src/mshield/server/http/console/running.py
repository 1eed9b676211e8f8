"""Jobs and SMS in the console: background jobs and sent messages, with their results."""

import re
from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.figures.jobs import WatchedJob
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, filled
from mshield.server.http.body import Wire
from mshield.server.http.caller import context_of
from mshield.server.http.console.authentication import staff_of
from mshield.server.http.console.search_words import PageOfPeople, PeopleWords, record_search, searched
from mshield.server.http.router import Router
from mshield.server.notices.rules.sms_log import SmsLineMessage
from mshield.server.staff.resolve_people import Words
from mshield.server.staff.rules import StaffRole

router: Final = Router("console")
_JOB_READERS: Final = (StaffRole.SECURITY_OFFICER, StaffRole.AUDITOR)
_SMS_READERS: Final = (StaffRole.CUSTOMER_SERVICE, StaffRole.SECURITY_OFFICER, StaffRole.AUDITOR)

Phone = Annotated[str, msgspec.Meta(min_length=11, max_length=24)]
Purpose = Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,32}\Z")]
Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f-]{36}\Z")]


class SmsWanted(PeopleWords, frozen=True):
    """Filters of the list, and the position of the page.

    Search terms describe people, whose messages are found by the numbers of their accounts and those on file;
    an `end` of four digits also matches any number.
    """

    phone: Annotated[
        Phone | None, msgspec.Meta(description="only messages to this number, whoever its holder is")
    ] = None
    account: Annotated[
        Id | None,
        msgspec.Meta(description="to the present number of this account, regardless of the search terms"),
    ] = None
    state: Literal["sending", "sent", "failed"] | None = None
    purpose: Annotated[Purpose | None, msgspec.Meta(description="only this purpose")] = None
    before: Annotated[Id | None, msgspec.Meta(description="`next` of the previous page")] = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class JobMessage(Wire, frozen=True):
    """A job; `every_seconds` is its period, times in ms, null before its first run.

    `last_done` is the amount of work of its last run, `last_error` the kind of its exception, `failures` the
    number in a row.
    """

    name: str
    every_seconds: int
    state: Literal["waiting", "running", "failing"]
    last_at: int | None
    last_ms: int | None
    last_done: int | None
    last_error: str | None
    failures: int
    next_at: int | None
    holder: str | None


class JobsMessage(Wire, frozen=True):
    """All jobs by name."""

    now: int
    items: tuple[JobMessage, ...]


class SmsLogMessage(PageOfPeople[SmsLineMessage], frozen=True):
    """A page, newest first; `next` is the value of `before` for the following page, or null.

    `more_people`: the terms match more than 300 accounts or people on file; messages to the others are
    missing.
    """


@router.get(
    "/jobs",
    summary="List the jobs",
    operation_id="listJobs",
    answers=openapi.answers(JobsMessage, "All jobs"),
)
async def list_jobs(request: Request) -> Response:
    """Lists the last and next run of each job, and the last result."""
    await staff_of(request, *_JOB_READERS)
    context = context_of(request)
    now = context.clock()
    jobs = await context.figures.watch_jobs.list_all()
    return JsonAnswer(JobsMessage(now, tuple(_job(job, now=now) for job in jobs)))


@router.post(
    "/jobs/{name}/runs",
    summary="Run a job now",
    operation_id="runJob",
    answers=openapi.answers(JobMessage, "The job is due now"),
)
async def run_job(request: Request, name: str) -> Response:
    """Makes a job due; the process that runs the jobs starts it within a second. Every job can safely run again."""
    member = await staff_of(request, StaffRole.SECURITY_OFFICER)
    context = context_of(request)
    now = context.clock()
    return JsonAnswer(_job(await context.figures.watch_jobs.run_now(name, by=member.by, now=now), now=now))


@router.get(
    "/sms",
    summary="List SMS sent",
    operation_id="listSms",
    answers=openapi.answers(SmsLogMessage, "A page"),
)
async def list_sms(request: Request, query: SmsWanted) -> Response:
    """Entries are kept for thirty days. Texts and codes aren't stored at all."""
    member = await staff_of(request, *_SMS_READERS)
    context, words = context_of(request), query.words_of(member, _SMS_READERS)

    async def find() -> tuple[list[SmsLineMessage], bool]:
        numbers, more_people = None, False
        if query.account is not None:
            numbers = await context.staff.resolve_people.accounts.numbers([query.account])
        elif query.phone is None and words != Words():
            numbers, more_people = await context.staff.resolve_people.numbers(words)
        lines = await context.notices.sms.page(
            phone=query.phone,
            numbers=numbers,
            end=None if query.account is not None else _only_end(words),
            state=query.state,
            purpose=query.purpose,
            before=query.before,
            most=query.limit + 1,
        )
        return lines, more_people

    rows, more_people = await searched(
        request,
        member,
        find,
        by_number=query.phone is not None or (query.account is None and query.has_number),
        hit=lambda found: bool(found[0]),
    )
    await record_search(
        request,
        member,
        "sms",
        () if query.account is None else (query.account,),
        number=query.phone or query.number,
    )
    items = tuple(rows[: query.limit])
    following = items[-1].id if len(rows) > query.limit else None
    return JsonAnswer(SmsLogMessage(items, following, more_people))


def _only_end(words: Words) -> str | None:
    """Returns the ending if it has four digits and is the only search term; else None."""
    is_only = words == Words(end=words.end)
    return words.end if is_only and words.end is not None and re.fullmatch(r"[0-9]{4}", words.end) else None


def _job(job: WatchedJob, *, now: int) -> JobMessage:
    row = job.row
    if row is None:
        return JobMessage(job.name, job.seconds, "waiting", None, None, None, None, 0, None, None)
    runs = row.holder is not None and row.lease_until > now
    return filled(
        JobMessage,
        row,
        every_seconds=job.seconds,
        state="running" if runs else "failing" if row.failures else "waiting",
        holder=row.holder if runs else None,
    )

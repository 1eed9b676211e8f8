"""Jobs and SMS at the console: what the service does by itself and what it sent, with what became of it."""

import re
from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.staff import StaffRole
from mshield.services.operations.watch_jobs import WatchedJob
from mshield.services.staff.meant import Words
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled
from mshield.web.body import Wire
from mshield.web.console.authentication import staff_of
from mshield.web.console.search.words import PeopleWords
from mshield.web.context import context_of
from mshield.web.router import Router

router: Final = Router("console")
_JOB_READERS: Final = (StaffRole.SECURITY_OFFICER, StaffRole.AUDITOR)
_SMS_READERS: Final = (StaffRole.CUSTOMER_SERVICE, StaffRole.SECURITY_OFFICER, StaffRole.AUDITOR)

Phone = Annotated[str, msgspec.Meta(min_length=11, max_length=24)]
Purpose = Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,32}\Z")]
Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f-]{36}\Z")]


class SmsWanted(PeopleWords, frozen=True):
    """What the list is narrowed to, and where its page begins.

    Words mean people, by whose numbers messages are found, those of their accounts and those on file; an `end` of four
    digits is also that of any number.
    """

    phone: Annotated[Phone | None, msgspec.Meta(description="to this one number, whoever has it")] = None
    account: Annotated[
        Id | None, msgspec.Meta(description="to the number that this account has now, whatever the words")
    ] = None
    state: Literal["sending", "sent", "failed"] | None = None
    purpose: Annotated[Purpose | None, msgspec.Meta(description="for one purpose only")] = None
    before: Annotated[Id | None, msgspec.Meta(description="`next` of the page before")] = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class JobMessage(Wire, frozen=True):
    """A job; `every_seconds` its period, times in ms, null before its first run.

    `last_done` is how much its last run did, `last_error` the kind of what it raised, `failures` those in a row.
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


class SmsLineMessage(Wire, frozen=True):
    """One message without its text; `with_code` says that it carried a code, which stands nowhere.

    `sent`: the gateway took it. `reason` is its word for a failure, `took_ms` how long it took to answer.
    """

    id: str
    phone_masked: str
    purpose: str
    with_code: bool
    state: Literal["sending", "sent", "failed"]
    reason: str | None
    sent_at: int
    took_ms: int | None


class SmsLogMessage(Wire, frozen=True):
    """A page, newest first; `next` is the `before` of the one that follows, or null.

    `more_people`: the words fit more than 300 accounts or filed people, and messages to the others aren't here.
    """

    items: tuple[SmsLineMessage, ...]
    next: str | None
    more_people: bool


@router.get(
    "/jobs",
    summary="List the jobs",
    operation_id="listJobs",
    answers=openapi.answers(JobsMessage, "All jobs"),
)
async def list_jobs(request: Request) -> Response:
    """When each ran and will run, and what became of its last run."""
    await staff_of(request, *_JOB_READERS)
    context = context_of(request)
    now = context.clock()
    jobs = await context.operations.watch_jobs.list_all()
    return JsonAnswer(JobsMessage(now, tuple(_job(job, now=now) for job in jobs)))


@router.post(
    "/jobs/{name}/runs",
    summary="Run a job now",
    operation_id="runJob",
    answers=openapi.answers(JobMessage, "It is due now"),
)
async def run_job(request: Request, name: str) -> Response:
    """Whichever process runs the jobs takes it within a second. Every job bears being run again."""
    member = await staff_of(request, StaffRole.SECURITY_OFFICER)
    context = context_of(request)
    now = context.clock()
    return JsonAnswer(_job(await context.operations.watch_jobs.run_now(name, by=member.by, now=now), now=now))


@router.get(
    "/sms",
    summary="What was sent by SMS",
    operation_id="listSms",
    answers=openapi.answers(SmsLogMessage, "A page"),
)
async def list_sms(request: Request, query: SmsWanted) -> Response:
    """Kept for thirty days. Neither texts nor codes are kept at all."""
    member = await staff_of(request, *_SMS_READERS)
    context, words = context_of(request), await query.words_of(request, member)
    numbers, more_people = None, False
    if query.account is not None:
        numbers = await context.staff.meant.accounts.numbers([query.account])
    elif query.phone is None and words != Words():
        numbers, more_people = await context.staff.meant.numbers(words)
    rows = await context.notices.sms.page(
        phone=query.phone,
        numbers=numbers,
        end=None if query.account is not None else _only_end(words),
        state=query.state,
        purpose=query.purpose,
        before=query.before,
        most=query.limit + 1,
    )
    items = tuple(filled(SmsLineMessage, row) for row in rows[: query.limit])
    following = items[-1].id if len(rows) > query.limit else None
    return JsonAnswer(SmsLogMessage(items, following, more_people))


def _only_end(words: Words) -> str | None:
    """The end, where it may be any number's and nothing else is wanted."""
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

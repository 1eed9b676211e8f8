"""`mshield jobs`: what the service does by itself, run in a process of its own, and how each job stands."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from mshield.commands.parts.output import Output, Refused, output_options, table
from mshield.commands.parts.service import on_service

if TYPE_CHECKING:
    from mshield.services.jobs.runner import Outcome
    from mshield.services.operations.watch_jobs import WatchedJob


@click.group()
def command() -> None:
    """Run the service's jobs (expiry, CRL, notifications, clean-up) and list them.

    `mshield serve` runs them by itself, unless MSHIELD_JOBS=off.
    """


@command.command()
@click.option("--once", is_flag=True, help="Run each job now, due or not, and end; exit 1 if one failed.")
@click.option("--job", "names", multiple=True, metavar="NAME", help="Only this job; may be repeated.")
@output_options
@click.pass_context
def run(context: click.Context, out: Output, once: bool, names: tuple[str, ...]) -> None:
    """Run the jobs in the foreground until Ctrl-C.

    Any number of processes may run them on one PostgreSQL: each job is done by one of them.
    """
    from mshield.jobs import JOBS

    known = {job.name for job in JOBS}
    if unknown := sorted(set(names) - known):
        raise Refused(
            out.pick(
                f"没有任务 {', '.join(unknown)}；现有：{', '.join(sorted(known))}",
                f"no job {', '.join(unknown)}; there are {', '.join(sorted(known))}",
            ),
            code="unknown_job",
            as_json=out.json,
        )
    chosen = [job.name for job in JOBS if not names or job.name in names]
    if not once:
        asyncio.run(_run_on(chosen))
        return
    outcomes = asyncio.run(_run_once(chosen))
    out.data(
        [{"name": job.name, "state": job.state, "done": job.done, "error": job.error} for job in outcomes],
        table(
            ("name", "state", "done", "error"),
            [(job.name, job.state, _text(job.done), _text(job.error)) for job in outcomes],
        ),
    )
    context.exit(1 if any(job.state == "failed" for job in outcomes) else 0)


@command.command(name="list")
@output_options
def list_(out: Output) -> None:
    """List the jobs: last run, what it did, its error, next run, and who is at it."""
    from mshield.jobs import JOBS
    from mshield.services.operations.watch_jobs import WatchJobs

    periods = {job.name: job.seconds for job in JOBS}
    watched = on_service(out, lambda service: WatchJobs(service.db, periods).list_all())
    by_name = {job.name: _listed(job) for job in watched}
    listed = [by_name[name] for name in periods]
    headers = ("name", "every_seconds", "last_at", "last_done", "last_error", "next_at", "holder")
    out.data(listed, table(headers, [[_text(job[name]) for name in headers] for job in listed]))


def _listed(job: "WatchedJob") -> dict[str, object]:
    row = job.row
    return {
        "name": job.name,
        "every_seconds": job.seconds,
        "last_at": _time(row.last_at if row else None),
        "last_ms": row.last_ms if row else None,
        "last_done": row.last_done if row else None,
        "last_error": row.last_error if row else None,
        "failures": row.failures if row else 0,
        "next_at": _time(row.next_at if row else None),
        "holder": row.holder if row else None,
    }


async def _run_on(names: Sequence[str]) -> None:
    """Until SIGINT or SIGTERM."""
    import signal

    from mshield.jobs import JOBS
    from mshield.main import require_ready, running
    from mshield.services.jobs.runner import Runner
    from mshield.services.process.clock import wall_clock
    from mshield.services.process.logs import set_up_file, set_up_logs
    from mshield.settings import load_settings

    settings = load_settings().model_copy(update={"jobs": "off"})
    set_up_file(settings)  # what keeps it from starting is a refusal of the command
    await require_ready(settings)
    set_up_logs(settings)
    async with running(settings, wall_clock) as context:
        task = asyncio.ensure_future(Runner(context, [job for job in JOBS if job.name in names]).run())
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sign, task.cancel)
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()


async def _run_once(names: Sequence[str]) -> "list[Outcome]":
    from mshield.domain.actor import SERVICE
    from mshield.jobs import JOBS
    from mshield.main import running
    from mshield.services.jobs.runner import Runner
    from mshield.services.operations.watch_jobs import record_runs
    from mshield.services.process.clock import wall_clock
    from mshield.services.process.logs import set_up_file
    from mshield.settings import load_settings

    settings = load_settings().model_copy(update={"jobs": "off"})
    set_up_file(settings)
    async with running(settings, wall_clock) as context:
        await record_runs(context.db, names, by=SERVICE, now=context.clock())
        runner = Runner(context, JOBS)
        return [await runner.run_now(name) for name in names]


def _time(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")


def _text(value: object) -> str:
    return "" if value is None else str(value)

"""`mshield jobs`: runs the service's background jobs in a separate process, and lists their status."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from mshield.cli.parts.output import Output, Refused, output_options, table
from mshield.server.commands.parts.service import on_service

if TYPE_CHECKING:
    from mshield.server.figures.jobs import WatchedJob
    from mshield.server.runtime.jobs.runner import Outcome


@click.group()
def command() -> None:
    """Run the service's jobs (expiry, CRL, notifications, clean-up) and list them.

    `mshield serve` runs them by itself, unless MSHIELD_JOBS=off.
    """


@command.command()
@click.option(
    "--once", is_flag=True, help="Run each job now, due or not, and exit; exit code 1 if one failed."
)
@click.option("--job", "names", multiple=True, metavar="NAME", help="Only this job; may be repeated.")
@output_options
@click.pass_context
def run(context: click.Context, out: Output, once: bool, names: tuple[str, ...]) -> None:
    """Run the jobs in the foreground until Ctrl-C.

    Any number of processes may run them on one PostgreSQL database: each run of a job takes place in one of them.
    """
    from mshield.server.jobs import JOBS

    known = {job.name for job in JOBS}
    if unknown := sorted(set(names) - known):
        raise Refused(
            out.pick(
                f"没有任务 {', '.join(unknown)}；现有：{', '.join(sorted(known))}",
                f"unknown job: {', '.join(unknown)}; jobs are: {', '.join(sorted(known))}",
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
    """List the jobs: last run, its result and error, next run, and the process running it."""
    from mshield.server.figures.jobs import WatchJobs
    from mshield.server.jobs import JOBS

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
    """Runs the jobs until SIGINT or SIGTERM."""
    import signal

    from mshield.server.jobs import JOBS
    from mshield.server.main import require_ready, running
    from mshield.server.runtime.clocks.clock import wall_clock
    from mshield.server.runtime.jobs.runner import Runner
    from mshield.server.runtime.logs import set_up_file, set_up_logs
    from mshield.server.settings.settings import load_settings

    settings = load_settings().changed(jobs="off")
    set_up_file(
        settings.process
    )  # Before the checks, because a reason not to start is reported as a refusal.
    await require_ready(settings)
    set_up_logs(settings.process)
    async with running(settings, wall_clock) as context:
        task = asyncio.ensure_future(Runner(context, [job for job in JOBS if job.name in names]).run())
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sign, task.cancel)
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()


async def _run_once(names: Sequence[str]) -> "list[Outcome]":
    from mshield.server.acts.actor import SERVICE
    from mshield.server.figures.jobs import record_runs
    from mshield.server.jobs import JOBS
    from mshield.server.main import running
    from mshield.server.runtime.clocks.clock import wall_clock
    from mshield.server.runtime.jobs.runner import Runner
    from mshield.server.runtime.logs import set_up_file
    from mshield.server.settings.settings import load_settings

    settings = load_settings().changed(jobs="off")
    set_up_file(settings.process)
    async with running(settings, wall_clock) as context:
        await record_runs(context.db, names, by=SERVICE, now=context.clock())
        runner = Runner(context, JOBS)
        return [await runner.run_now(name) for name in names]


def _time(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")


def _text(value: object) -> str:
    return "" if value is None else str(value)

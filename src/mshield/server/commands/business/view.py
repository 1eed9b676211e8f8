"""`mshield business view`: views (展示规则) by which phones show a business system's documents."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mshield.cli.parts.output import Output, output_options, table
from mshield.server.commands.parts.second_person import confirmed_by, second_person_option
from mshield.server.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.server.systems.view_drafts import Draft
    from mshield.server.systems.views import ListedView

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(name="view")
def command() -> None:
    """Register, list and withdraw the views of a business system.

    In the console two security officers do this and look at the rendered samples; here two people do.
    """


@command.command()
@click.argument("client_id")
@click.argument("file", type=_FILE)
@click.option(
    "--sample",
    "samples",
    type=_FILE,
    multiple=True,
    required=True,
    help="Sample of the system's content, which the view must be able to render; up to 20.",
)
@second_person_option("a second security officer, who has looked at the rendered samples")
@output_options
def add(out: Output, client_id: str, file: Path, *, samples: tuple[Path, ...], second_person: str) -> None:
    """Register the view in FILE for the business system CLIENT_ID.

    Its version is the latest of its ID plus one. A version never changes. First check the result with
    `mshield view draw`. The second person is recorded in the audit log.
    """
    from mshield.server.systems.view_drafts import SubmittedView, ViewFile
    from mshield.server.systems.views import register_view

    handed_in = SubmittedView(
        file.read_bytes(), tuple(ViewFile(sample.name, sample.read_bytes()) for sample in samples)
    )

    async def work(service: Service) -> "Draft":
        other = await confirmed_by(out, service, second_person)
        return await register_view(service.db, client_id, handed_in, second_person=other, now=service.now)

    view = on_service(out, work).view
    data = {"id": view.id, "version": view.version, "title": view.title, "digest": view.digest.hex()}
    out.data(data, [f"{name:<8} {value}" for name, value in data.items()])
    out.say("已登记，新的请求可以使用", "Registered: new requests may use it")


@command.command(name="list")
@click.argument("client_id")
@output_options
def list_(out: Output, client_id: str) -> None:
    """List all versions of all views of the business system CLIENT_ID."""
    from mshield.server.systems.views import list_views

    async def work(service: Service) -> "list[ListedView]":
        return await list_views(service.db, client_id)

    rows = [
        {
            "id": listed.view.view_id,
            "version": listed.view.version,
            "state": listed.state,
            "title": listed.title,
            "digest": listed.view.digest.hex(),
            "at": listed.view.at,
        }
        for listed in on_service(out, work)
    ]
    columns = ("id", "version", "state", "title", "digest")
    out.data(rows, table(columns, [tuple(str(row[name]) for name in columns) for row in rows]))


@command.command()
@click.argument("client_id")
@click.argument("view_id")
@click.argument("version", type=click.IntRange(1, 999_999_999))
@click.option("--reason", required=True, help="Reason, recorded in the audit log.")
@output_options
def withdraw(out: Output, client_id: str, view_id: str, version: int, *, reason: str) -> None:
    """Withdraw VERSION of the view VIEW_ID from new requests of the business system CLIENT_ID.

    Existing signatures stay unchanged. The latest remaining version, if any, is then in force again.
    """
    from mshield.server.systems.views import withdraw_view

    async def work(service: Service) -> None:
        await withdraw_view(service.db, client_id, view_id, version, reason=reason, now=service.now)

    on_service(out, work)
    out.data({"id": view_id, "version": version, "state": "withdrawn"}, [f"{view_id} {version}"])
    out.say("已停用，新的请求不能再用", "Withdrawn: new requests can't use it")

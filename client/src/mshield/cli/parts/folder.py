"""Command groups that act for a user: their storage folder, their service, their language."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from mshield.cli.parts.output import remember_lang, server_address


@dataclass(frozen=True, slots=True)
class Chosen:
    """The folder, and the service if one is given."""

    folder: Path
    server: str | None


def group_in_folder(
    name: str, *, whose: str, kept_in: str, holds: str, remembers: str
) -> Callable[[Callable[[], None]], click.Group]:
    """Makes a group of commands that work on a folder; its subcommands find a `Chosen` in the context.

    `whose` is part of the environment variables' names; `kept_in` is the name of the default folder. `holds`
    and `remembers` are parts of the help texts.
    """
    folder, server = f"MSHIELD_{whose}_FOLDER", f"MSHIELD_{whose}_SERVER"

    def decorate(run: Callable[[], None]) -> click.Group:
        @click.group(name=name, help=run.__doc__)
        @click.option(
            "--folder",
            type=click.Path(file_okay=False, path_type=Path),
            envvar=folder,
            default=lambda: click.get_app_dir(kept_in),
            show_default="the user's application folder",
            help=f"{holds} (environment: {folder}).",
        )
        @click.option(
            "--server",
            envvar=server,
            callback=server_address,
            help=f"The service's address (environment: {server}); {remembers}",
        )
        @click.option(
            "--lang", type=click.Choice(["zh", "en"]), help="Language of messages; the default follows LANG."
        )
        @click.pass_context
        def group(context: click.Context, folder: Path, server: str | None, lang: str | None) -> None:
            remember_lang(context, lang)
            context.obj = Chosen(folder, server)

        return group

    return decorate

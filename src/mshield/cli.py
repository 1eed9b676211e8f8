"""The command `mshield`: its subcommands are the files and folders of `mshield.commands`, imported when they are used.

A command whose packages are not installed is still listed, and says which extra brings them.
"""

import importlib
import pkgutil

import click

from mshield import commands
from mshield.commands.parts.output import Refused, remember_lang

_PARTS = "parts"
"""What several commands share; every other module or folder there is a command."""

_EXTRA = "pip install '.[server]' in a checkout"
"""No package index has the package yet: a release changes this and its siblings."""


class LazyGroup(click.Group):
    """A group whose subcommands are in `mshield.commands`; `_` in the name of a file or folder is `-` in the command's.

    A command that is a folder stands in its module `command`.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """All command names, from the files alone."""
        return sorted(self._modules())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        """The command, imported now; one that says what to install where a package is missing."""
        place = self._modules().get(cmd_name)
        if place is None:
            return None
        try:
            module = importlib.import_module(place)
        except ModuleNotFoundError as error:
            return _without_packages(cmd_name, _foreign(error))
        command = module.command
        if not isinstance(command, click.Command):
            raise TypeError(f"{place} exposes no click command")
        return command

    @staticmethod
    def _modules() -> dict[str, str]:
        """Where each command stands, by its name."""
        modules = pkgutil.iter_modules(commands.__path__)
        ends = {module.name: ".command" if module.ispkg else "" for module in modules}
        return {
            name.replace("_", "-"): f"mshield.commands.{name}{end}"
            for name, end in ends.items()
            if name != _PARTS
        }

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command; many import their packages only now."""
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            raise _not_installed(ctx.invoked_subcommand or "", _foreign(error)) from error


def _foreign(error: ModuleNotFoundError) -> str:
    """The missing package; the error itself again where a module of this project is missing, which is a defect."""
    if error.name is None or error.name.partition(".")[0] == "mshield":
        raise error
    return error.name


def _not_installed(command: str, package: str) -> Refused:
    return Refused(f"'mshield {command}' needs the package '{package}': {_EXTRA}", code="not_installed")


def _without_packages(name: str, missing: str) -> click.Command:
    """Stands in for a server command on a client-only install."""

    def refuse() -> None:
        raise _not_installed(name, missing)

    return click.Command(
        name,
        callback=refuse,
        short_help=f"(not installed: {_EXTRA})",
        # Whatever arguments it gets, it answers with what to install.
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    )


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), help="Language of messages; the default follows LANG."
)
@click.version_option(package_name="mshield", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context, lang: str | None) -> None:
    """Mobile Shield 手机盾: SM2 certificates in anyone's phone, co-signed by phone and server."""
    remember_lang(context, lang)


if __name__ == "__main__":
    main()

"""Shared parts of the legal representative's commands: the stored login, and conversion of client errors."""

from collections.abc import Callable, Sequence
from typing import Concatenate, Final, ParamSpec

import click
import msgspec

from mshield.cli.parts.folder import Chosen
from mshield.cli.parts.honest_text import honest_line
from mshield.cli.parts.output import Output, output_options, refusing
from mshield.client.errors import ClientError, PhoneError
from mshield.testkit.phone.folder import Folder
from mshield.testkit.portal import PortalClient, PortalLogin

_SESSION: Final = "login.json"

P = ParamSpec("P")


class _StoredLogin(msgspec.Struct, frozen=True, kw_only=True):
    """Content of the file: the service, the login, and the enterprises it may manage."""

    server: str
    login: PortalLogin | None
    credit_codes: tuple[str, ...]


class Portal:
    """Portal client with the login of the folder."""

    def __init__(self, chosen: Chosen) -> None:
        """Raises: UsageError (no service given or stored)."""
        self.folder = Folder(chosen.folder)
        content = self.folder.read(_SESSION)
        self.kept = None if content is None else msgspec.json.decode(content, type=_StoredLogin)
        server = chosen.server or (self.kept.server if self.kept is not None else None)
        if server is None:
            raise click.UsageError("Give the service's address with --server.")
        self.server = server
        # A login is sent only to the service that issued it.
        own = self.kept is not None and self.kept.server == server
        self.client = PortalClient(server, login=self.kept.login if self.kept is not None and own else None)

    def keep(self, credit_codes: Sequence[str]) -> None:
        """Stores the client's login, or its absence."""
        self.folder.create()
        stored = _StoredLogin(server=self.server, login=self.client.login, credit_codes=tuple(credit_codes))
        self.folder.write(_SESSION, msgspec.json.encode(stored))

    def enterprise(self, asked: str | None) -> str:
        """Returns the given credit code, or that of the only enterprise.

        Raises: PhoneError (not logged in), UsageError.
        """
        if self.client.login is None or self.kept is None:
            raise PhoneError("not_logged_in")
        if asked is not None:
            return asked
        if len(self.kept.credit_codes) != 1:
            choices = honest_line(", ".join(self.kept.credit_codes))
            raise click.UsageError(f"Give --credit-code, one of: {choices}.")
        return self.kept.credit_codes[0]


def portal_command(run: Callable[Concatenate[Output, Portal, P], None]) -> Callable[P, None]:
    """Decorates a command that takes its output and the portal; client errors become refusals."""

    def opened(out: Output, /, *args: P.args, **kwargs: P.kwargs) -> None:
        chosen = click.get_current_context().find_object(Chosen)
        if chosen is None:
            raise click.UsageError("Say which service.")
        with refusing(out, ClientError):
            portal = Portal(chosen)
            with portal.client:
                run(out, portal, *args, **kwargs)

    # click's data on `run` (options, docstring, name) must be on the function that click sees.
    opened.__dict__.update(run.__dict__)
    opened.__doc__, opened.__name__ = run.__doc__, run.__name__
    return output_options(opened)


def enterprise_option(run: Callable[P, None]) -> Callable[P, None]:
    """Adds the option `--credit-code`."""
    text = "The enterprise's unified social credit code; required if you have several."
    return click.option("--credit-code", help=text)(run)

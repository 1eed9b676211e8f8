"""What all commands of the legal person share: the login of the folder, and the client's errors as refusals."""

from collections.abc import Callable, Sequence
from typing import Concatenate, Final, ParamSpec

import click
import msgspec

from mshield.client.errors import ClientError, PhoneError
from mshield.client.phone.folder import Folder
from mshield.client.portal import PortalClient, PortalLogin
from mshield.commands.parts.folder import Chosen
from mshield.commands.parts.honest_text import honest_line
from mshield.commands.parts.output import Output, output_options, refusing

_SESSION: Final = "login.json"

P = ParamSpec("P")


class _StoredLogin(msgspec.Struct, frozen=True, kw_only=True):
    """What the file holds: the service, the login, and the enterprises that it may manage."""

    server: str
    login: PortalLogin | None
    credit_codes: tuple[str, ...]


class Portal:
    """The client with the login of the folder."""

    def __init__(self, chosen: Chosen) -> None:
        """Raises UsageError where the service is not known."""
        self.folder = Folder(chosen.folder)
        content = self.folder.read(_SESSION)
        self.kept = None if content is None else msgspec.json.decode(content, type=_StoredLogin)
        server = chosen.server or (self.kept.server if self.kept is not None else None)
        if server is None:
            raise click.UsageError("Say the service's address with --server.")
        self.server = server
        # A login belongs to the service that gave it: it is sent to no other.
        own = self.kept is not None and self.kept.server == server
        self.client = PortalClient(server, login=self.kept.login if self.kept is not None and own else None)

    def keep(self, credit_codes: Sequence[str]) -> None:
        """Stores the client's login, or that there is none."""
        self.folder.create()
        kept = _StoredLogin(server=self.server, login=self.client.login, credit_codes=tuple(credit_codes))
        self.folder.write(_SESSION, msgspec.json.encode(kept))

    def enterprise(self, asked: str | None) -> str:
        """The credit code that was named, or that of their only enterprise."""
        if self.client.login is None or self.kept is None:
            raise PhoneError("not_logged_in")
        if asked is not None:
            return asked
        if len(self.kept.credit_codes) != 1:
            known = honest_line(", ".join(self.kept.credit_codes))
            raise click.UsageError(f"Say --credit-code, one of: {known}.")
        return self.kept.credit_codes[0]


def portal_command(run: Callable[Concatenate[Output, Portal, P], None]) -> Callable[P, None]:
    """Gives a command its output and the portal, and turns the client's errors into refusals."""

    def opened(out: Output, /, *args: P.args, **kwargs: P.kwargs) -> None:
        chosen = click.get_current_context().find_object(Chosen)
        if chosen is None:
            raise click.UsageError("Say which service.")
        with refusing(out, ClientError):
            portal = Portal(chosen)
            with portal.client:
                run(out, portal, *args, **kwargs)

    # What click has put on `run` (options, docstring, name) belongs to what it sees.
    opened.__dict__.update(run.__dict__)
    opened.__doc__, opened.__name__ = run.__doc__, run.__name__
    return output_options(opened)


def enterprise_option(run: Callable[P, None]) -> Callable[P, None]:
    """Which enterprise."""
    text = "The enterprise's unified social credit code; needed where they have several."
    return click.option("--credit-code", help=text)(run)

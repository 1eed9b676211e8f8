"""`--source` of the logins: the outside system that an account belongs to, by the name that the service gives it."""

from collections.abc import Collection, Iterable
from typing import Literal

import click

from mshield.client.account_source import AccountSource
from mshield.commands.honest_text import honest_line


def kind_of(sources: Iterable[AccountSource], name: str) -> Literal["password", "page"]:
    """How users of this source log in. One that the service doesn't know is a usage error, which lists the known."""
    kinds = {each.name: each.kind for each in sources}
    if name not in kinds:
        raise _unfit(f"the service has no source {name}", kinds)
    return kinds[name]


def require_password(sources: Collection[AccountSource], name: str) -> None:
    """Refuses a source whose users log in at a page of its own: their password is not for here."""
    if kind_of(sources, name) == "page":
        raise _unfit(
            f"users of {name} have no password here and log in at the portal's page with their shield",
            (each.name for each in sources if each.kind == "password"),
        )


def _unfit(why: str, fit: Iterable[str]) -> click.BadParameter:
    """What to raise for a source that can't be taken; `fit` are those that can."""
    known = honest_line(", ".join(sorted(fit))) or "-"
    return click.BadParameter(f"{why}; it has: {known}", param_hint="--source")

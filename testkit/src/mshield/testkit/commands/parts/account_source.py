"""`--source` of login commands: the outside system that an account belongs to, and its login page if it has one.

Sources have the names given by the service; an unknown one is a usage error that lists the known ones.
"""

from collections.abc import Iterable
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import click

from mshield.cli.parts.honest_text import honest_line
from mshield.cli.parts.output import Output
from mshield.wire.outside_accounts import AccountSource, OutsideLoginBegun


def kind_of(sources: Iterable[AccountSource], name: str) -> Literal["password", "page"]:
    """Returns how users of this source log in. Raises: BadParameter (unknown source)."""
    kinds = {source.name: source.kind for source in sources}
    if name not in kinds:
        known = honest_line(", ".join(sorted(kinds))) or "-"
        raise click.BadParameter(f"the service has no source {name}; it has: {known}", param_hint="--source")
    return kinds[name]


def code_of_page(out: Output, begun: OutsideLoginBegun) -> str:
    """Prints the page's address, and returns the code from the address that the browser returned to.

    Raises: UsageError (another address).
    """
    out.say(f"请在浏览器打开并登录：{begun.address}", f"Open this in a browser and log in: {begun.address}")
    back = click.prompt(
        out.pick("登录后浏览器地址栏的地址", "The address that the browser shows afterwards"), err=True
    )
    query = parse_qs(urlsplit(back).query)
    if query.get("state") != [begun.state] or len(query.get("code", [])) != 1:
        raise click.UsageError(
            out.pick("这不是登录后返回的地址", "That is not the address to which the login returns.")
        )
    return query["code"][0]

"""`--source` of the logins: the outside system that an account belongs to, and the way to its login page if it has one.

A source goes by the name that the service gives it; one that it doesn't know is a usage error, which lists the known.
"""

from collections.abc import Iterable
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import click

from mshield.client.account_source import AccountSource, OutsideLoginBegun
from mshield.commands.parts.honest_text import honest_line
from mshield.commands.parts.output import Output


def kind_of(sources: Iterable[AccountSource], name: str) -> Literal["password", "page"]:
    """How users of this source log in."""
    kinds = {source.name: source.kind for source in sources}
    if name not in kinds:
        known = honest_line(", ".join(sorted(kinds))) or "-"
        raise click.BadParameter(f"the service has no source {name}; it has: {known}", param_hint="--source")
    return kinds[name]


def code_of_page(out: Output, begun: OutsideLoginBegun) -> str:
    """Shows the page's address, and takes the code out of the one that the browser was sent back to."""
    out.say(f"请在浏览器打开并登录：{begun.address}", f"Open this in a browser and log in: {begun.address}")
    back = click.prompt(
        out.pick("登录后浏览器地址栏的地址", "The address that the browser is at then"), err=True
    )
    query = parse_qs(urlsplit(back).query)
    if query.get("state") != [begun.state] or len(query.get("code", [])) != 1:
        raise click.UsageError(
            out.pick("这不是登录后返回的地址", "That is not where the login leads back to.")
        )
    return query["code"][0]

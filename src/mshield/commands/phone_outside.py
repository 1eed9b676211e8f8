"""The part of `mshield phone login` about outside systems with a login page of their own."""

from urllib.parse import parse_qs, urlsplit

import click

from mshield.client.phone import VirtualPhone
from mshield.client.phone.messages import LoggedIn
from mshield.commands.account_source import kind_of
from mshield.commands.output import Output


def has_page(phone: VirtualPhone, source: str) -> bool:
    """Whether users of this source log in at its page. A source that the service doesn't know is a usage error."""
    return kind_of(phone.account_sources(), source) == "page"


def through_page(out: Output, phone: VirtualPhone, source: str) -> LoggedIn:
    """Shows the page's address, takes the one that the browser was sent back to, and logs in."""
    begun = phone.begin_outside_login(source)
    out.say(f"请在浏览器打开并登录：{begun.address}", f"Open this in a browser and log in: {begun.address}")
    back = click.prompt(
        out.pick("登录后浏览器地址栏的地址", "The address that the browser is at then"), err=True
    )
    query = parse_qs(urlsplit(back).query)
    if query.get("state") != [begun.state] or len(query.get("code", [])) != 1:
        raise click.UsageError(
            out.pick("这不是登录后返回的地址", "That is not where the login leads back to.")
        )
    return phone.finish_outside_login(begun.state, query["code"][0])

"""The part of `mshield phone login` about outside systems with a login page of their own."""

from mshield.client.phone import VirtualPhone
from mshield.client.phone.messages import LoggedIn
from mshield.commands.parts.account_source import code_of_page, kind_of
from mshield.commands.parts.output import Output


def has_page(phone: VirtualPhone, source: str) -> bool:
    """Whether users of this source log in at its page. A source that the service doesn't know is a usage error."""
    return kind_of(phone.account_sources(), source) == "page"


def through_page(out: Output, phone: VirtualPhone, source: str) -> LoggedIn:
    """Shows the page's address, takes the one that the browser was sent back to, and logs in."""
    begun = phone.begin_outside_login(source)
    return phone.finish_outside_login(begun.state, code_of_page(out, begun))

"""Pages with a single message: the event, the next step, and details for support in small type."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from mshield.server.errors import DomainError
from mshield.server.http.pages.footer import Foot
from mshield.server.http.pages.language import Language
from mshield.server.http.pages.page import page, web_address


@dataclass(frozen=True, slots=True)
class Link:
    """Link to another page. Raises: ValueError (not a web address)."""

    address: str
    text: str

    def __post_init__(self) -> None:
        web_address(self.address)


def message_page(
    *,
    title: str,
    text: str,
    lang: Language,
    foot: Foot,
    status: int = 200,
    steps: Sequence[str] = (),
    link: Link | None = None,
    more: Sequence[Link] = (),
    support: Sequence[str] = (),
) -> Response:
    """Returns a page with a message and instructions step by step, with links and details for support."""
    return page(
        "message.html",
        lang=lang,
        foot=foot,
        status=status,
        title=title,
        text=text,
        steps=steps,
        link=link,
        more=more,
        support=support,
    )


def error_page(
    error: DomainError,
    *,
    lang: Language,
    foot: Foot,
    title: str,
    status: int,
    request_id: str | None,
    reason: str | None = None,
) -> Response:
    """Returns a page for an error that can't be sent to a business system, such as OIDC without a valid return address.

    It links to the help page of its code (problems.py). The code, `reason` and the id of the HTTP request are
    for support.
    """
    help_ = Link(f"/problems/{error.code}?lang={lang}", "怎么办" if lang == "zh" else "What to do")
    return message_page(
        title=title,
        text=error.zh if lang == "zh" else error.en,
        lang=lang,
        foot=foot,
        status=status,
        more=(help_,),
        support=tuple(text for text in (error.code, reason, request_id) if text),
    )

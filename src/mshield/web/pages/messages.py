"""Pages of one message: what happened, what to do, and below in small type what support asks for."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from mshield.domain.errors import DomainError
from mshield.web.pages.foot import Foot
from mshield.web.pages.language import Language
from mshield.web.pages.page import page, web_address


@dataclass(frozen=True, slots=True)
class Link:
    """One way on. Raises ValueError where it is no web address."""

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
    """What happened, what to do about it step by step, the way on, other ways, and what support asks for."""
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
    """An error that can't be told to a business system, such as one of OpenID Connect with no address to return to.

    It leads to the page of its code (problems.py). That code, `reason` and the id of the HTTP request are for support.
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

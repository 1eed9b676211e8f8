"""Pages of one message: what happened, what to do, and below in small type what support asks for."""

from dataclasses import dataclass

from starlette.responses import Response

from mshield.domain.errors import DomainError
from mshield.domain.faq import FAQ
from mshield.web.pages.page import Language, page, web_address


@dataclass(frozen=True, slots=True)
class Link:
    """The one way on. Raises ValueError where it is no web address."""

    address: str
    text: str

    def __post_init__(self) -> None:
        web_address(self.address)


def message_page(*, title: str, text: str, lang: Language, link: Link | None = None) -> Response:
    """Something that went well, or needs no support."""
    return page(
        "message.html", lang=lang, title=title, text=text, link=link, english=None, support=(), faq=None
    )


def error_page(
    error: DomainError, *, zh: str, en: str, status: int, request_id: str | None, reason: str | None = None
) -> Response:
    """An error that can't be told to a business system, such as one of OpenID Connect with no address to return to.

    `zh` and `en` are its titles: nobody knows the reader's language here, so both stand on the page. The error's code,
    `reason` and the id of the HTTP request are for support. The FAQ entry that helps opens in the app, without a login.
    """
    support = tuple(text for text in (error.code, reason, request_id) if text)
    return page(
        "message.html",
        lang="zh",
        status=status,
        title=zh,
        text=error.zh,
        english={"title": en, "text": error.en},
        link=None,
        support=support,
        faq=None if error.faq is None else FAQ[error.faq],
    )

"""Pages of one message: what happened, what to do, and below in small type what support asks for."""

from dataclasses import dataclass

from starlette.responses import Response

from mshield.web.pages.page import Language, page, web_address


@dataclass(frozen=True, slots=True)
class Link:
    """The one way on."""

    address: str
    text: str


def message_page(
    *, title: str, text: str, lang: Language, link: Link | None = None, status: int = 200
) -> Response:
    """Something that went well, or needs no support."""
    return _message(title=title, text=text, lang=lang, link=link, status=status, code=None, request_id=None)


def error_page(
    *,
    title: str,
    text: str,
    code: str,
    request_id: str | None,
    lang: Language,
    link: Link | None = None,
    status: int = 400,
) -> Response:
    """An error that can't be told to a business system, such as one of OpenID Connect with no address to return to.

    `code` is stable and for support, as is the id of the HTTP request.
    """
    return _message(
        title=title, text=text, lang=lang, link=link, status=status, code=code, request_id=request_id
    )


def _message(
    *,
    title: str,
    text: str,
    lang: Language,
    link: Link | None,
    status: int,
    code: str | None,
    request_id: str | None,
) -> Response:
    if link is not None:
        web_address(link.address)
    return page(
        "message.html",
        lang=lang,
        status=status,
        title=title,
        text=text,
        link=link,
        code=code,
        request_id=request_id,
    )

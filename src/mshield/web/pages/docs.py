"""`/docs`: every operation of the API by who calls it, read from the routes; each audience's own document beside it."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.web.audiences import AUDIENCES
from mshield.web.context import context_of
from mshield.web.openapi.documents import Documents
from mshield.web.pages.foot import foot_in
from mshield.web.pages.language import language_of
from mshield.web.pages.page import page
from mshield.web.router import page_route


async def _answer(request: Request) -> Response:
    lang = language_of(request)
    documents: Documents = request.app.state.documents
    groups: list[dict[str, Any]] = [
        {
            "name": audience.name,
            "title": audience.title_zh if lang == "zh" else audience.title_en,
            "about": audience.zh if lang == "zh" else audience.en,
            "operations": documents.operations_of(audience.name),
        }
        for audience in AUDIENCES.values()
    ]
    answer = page("docs.html", lang=lang, foot=foot_in(context_of(request).settings, lang), groups=groups)
    answer.headers["Vary"] = "Accept-Language"
    return answer


ROUTES: Final = tuple(page_route(path, _answer) for path in ("/docs", "/docs/"))
"""Not part of the API: they stay out of its document."""

"""`/docs`: a page that lists all API operations by audience, with links to each audience's OpenAPI document."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http.audiences import AUDIENCES
from mshield.server.http.caller import context_of
from mshield.server.http.openapi.documents import Documents
from mshield.server.http.pages.footer import foot_in
from mshield.server.http.pages.language import language_of
from mshield.server.http.pages.page import page
from mshield.server.http.router import page_route


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
"""Routes of the page, not part of the API or its document."""

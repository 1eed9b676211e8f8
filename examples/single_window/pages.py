"""Pages: Jinja2 with autoescape, two languages, and headers that let nothing foreign run."""

from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from .sessions import LANGUAGE_COOKIE, Session, language_of
from .settings import Settings

_HERE: Final = Path(__file__).parent
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
STATIC: Final = _HERE / "static"


def page(
    request: Request, template: str, *, status: int = 200, otherwise: str = "/", **values: Any
) -> Response:
    """Renders the template with these values, for the browser's session and language.

    `otherwise` is the target of the language switch on the answer to a form.
    """
    settings: Settings = request.app.state.settings
    session: Session = request.state.session
    lang = language_of(request)
    html = _TEMPLATES.get_template(template).render(
        lang=lang,
        t=lambda zh, en: en if lang == "en" else zh,
        pick=lambda pair: pair[1 if lang == "en" else 0],
        shield=settings.shield,
        demo=settings.demo,
        csrf=session.csrf,
        person=session.person,
        switch=_other_language(request, lang, otherwise),
        **values,
    )
    response = HTMLResponse(html, status, headers(settings))
    if request.query_params.get("lang"):
        secure = request.url.scheme == "https"
        response.set_cookie(LANGUAGE_COOKIE, lang, samesite="lax", httponly=True, secure=secure)
    return response


def _other_language(request: Request, lang: str, otherwise: str) -> str:
    """Returns the target of the language switch: this page, or `otherwise` for the answer to a form.

    The answer to a form has no address of its own.
    """
    chosen = "zh" if lang == "en" else "en"
    if request.method == "POST":
        return f"{otherwise}?lang={chosen}"
    url = request.url.include_query_params(lang=chosen)
    return f"/{url.path.lstrip('/')}?{url.query}"  # `//` would begin another host


def headers(settings: Settings) -> dict[str, str]:
    """Returns the headers of every page: only our own files, and the service's script and calls."""
    shield = settings.origin
    policy = (
        "default-src 'none'", "style-src 'self'", "img-src 'self'", f"script-src 'self' {shield}",
        f"connect-src {shield}", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
        "require-trusted-types-for 'script'", "trusted-types 'none'",
    )  # fmt: skip
    return {
        "Content-Security-Policy": "; ".join(policy),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }


def message(
    request: Request,
    *,
    title: tuple[str, str],
    what: tuple[str, str],
    then: tuple[str, str],
    status: int = 200,
    link: tuple[str, str, str] | None = None,
    small: str = "",
) -> Response:
    """Renders a page with one message; `link` is (address, Chinese, English), `small` is for support."""
    values: dict[str, Any] = {"title": title, "what": what, "then": then, "link": link, "small": small}
    return page(request, "message.html", status=status, otherwise=link[0] if link else "/", **values)

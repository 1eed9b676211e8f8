"""Renders a page from its template, with headers under which a browser runs only our own files.

Templates are Jinja2's with autoescape; a value missing from a template is an error, not an empty string.
"""

from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from mshield.server.http.pages.footer import Foot
from mshield.server.http.pages.language import Language
from mshield.server.http.sites.assets import COMPONENT, assets

_DIRECTIVES: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
)
CSP: Final = "; ".join(_DIRECTIVES)
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": CSP,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
}
_TAGS: Final = {"zh": "zh-CN", "en": "en"}
_TEMPLATES: Final = Environment(
    loader=PackageLoader("mshield.server.http.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, *, lang: Language, foot: Foot, status: int = 200, **values: Any) -> Response:
    """Renders a template with these values and the operator's footer."""
    built = assets()
    html = _TEMPLATES.get_template(template).render(
        lang=lang,
        tag=_TAGS[lang],
        foot=foot,
        asset=built.address,
        component=COMPONENT,
        logo=Markup(built.text("logo.svg")),  # noqa: S704  # our own file
        **values,
    )
    return HTMLResponse(html, status, HEADERS)


def web_address(address: str) -> str:
    """Returns the address unchanged. Raises: ValueError (not a web address: another scheme could be a script)."""
    if urlsplit(address).scheme not in {"", "http", "https"}:
        raise ValueError("a page's link must be a web address")
    return address

"""Which language a page of the service speaks."""

from starlette.requests import Request

from mshield.web.pages.page import Language


def language_of(request: Request) -> Language:
    """`lang` in the query, else the first of Accept-Language that the page speaks; else Chinese."""
    asked = request.query_params.get("lang")
    if asked in {"zh", "en"}:
        return "en" if asked == "en" else "zh"
    for choice in request.headers.get("Accept-Language", "").lower().split(","):
        primary = choice.partition(";")[0].strip().partition("-")[0]
        if primary in {"zh", "en"}:
            return "en" if primary == "en" else "zh"
    return "zh"

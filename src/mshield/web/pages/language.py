"""Which language a page of the service speaks."""

from typing import Literal

from starlette.requests import Request

Language = Literal["zh", "en"]


def language_of(request: Request) -> Language:
    """`lang` in the query, else the first that the page speaks of `ui_locales` and Accept-Language.

    English for who reads other languages alone, Chinese where nothing is said (frontend/packages/look/language.ts).
    """
    asked = request.query_params.get("lang")
    if asked in {"zh", "en"}:
        return "en" if asked == "en" else "zh"
    wanted = request.query_params.get("ui_locales", "").split()  # OpenID Connect Core, 3.1.2.1
    language: Language = "zh"
    for choice in (*wanted, *request.headers.get("Accept-Language", "").split(",")):
        primary = choice.lower().partition(";")[0].strip().partition("-")[0]
        if primary in {"zh", "en"}:
            return "en" if primary == "en" else "zh"
        if primary not in {"", "*"}:
            language = "en"
    return language

"""Language of a page."""

from typing import Literal

from starlette.requests import Request

Language = Literal["zh", "en"]


def language_of(request: Request) -> Language:
    """Returns `lang` from the query, else the first supported language of `ui_locales` and Accept-Language.

    English if only other languages are named, Chinese if none is (frontend/packages/look/language.ts).
    """
    explicit = request.query_params.get("lang")
    if explicit in {"zh", "en"}:
        return "en" if explicit == "en" else "zh"
    ui_locales = request.query_params.get("ui_locales", "").split()  # OpenID Connect Core, 3.1.2.1
    language: Language = "zh"
    for choice in (*ui_locales, *request.headers.get("Accept-Language", "").split(",")):
        primary = choice.lower().partition(";")[0].strip().partition("-")[0]
        if primary in {"zh", "en"}:
            return "en" if primary == "en" else "zh"
        if primary not in {"", "*"}:
            language = "en"
    return language

"""OpenAPI documents; the helpers by which routes declare their messages are importable from here."""

from mshield.server.http.openapi.messages import (
    PROBLEM_TYPE,
    RETRY_AFTER,
    answers,
    answers_events,
    answers_file,
    problems,
    takes,
    takes_file,
)
from mshield.server.http.router import Responses

__all__ = [
    "PROBLEM_TYPE",
    "RETRY_AFTER",
    "Responses",
    "answers",
    "answers_events",
    "answers_file",
    "problems",
    "takes",
    "takes_file",
]

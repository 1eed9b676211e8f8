"""The OpenAPI documents; what routes say of their messages to them is at hand here."""

from mshield.web.openapi.messages import (
    PROBLEM_TYPE,
    RETRY_AFTER,
    answers,
    answers_events,
    answers_file,
    problems,
    takes,
    takes_file,
)
from mshield.web.router import Responses

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

"""What tests of all kinds assert in one way."""

import httpx

from mshield.web.problems import MEDIA_TYPE, STATUS


def assert_refused(answer: httpx.Response, code: str, status: int | None = None) -> None:
    """The answer is the problem with this code (RFC 9457), in both languages, with the status that this code has.

    `status` where a test tells it, as a caller relies on it.
    """
    assert answer.headers["content-type"].partition(";")[0] == MEDIA_TYPE, answer.text
    problem = answer.json()
    assert problem["code"] == code, problem
    assert answer.status_code == problem["status"] == (STATUS[code] if status is None else status)
    assert problem["zh"]
    assert problem["en"]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and code, to be compared."""
    return answer.status_code, answer.json()["code"]

"""Assertions shared by all kinds of tests."""

import httpx

from mshield.server.http.problems import MEDIA_TYPE, STATUS


def assert_refused(answer: httpx.Response, code: str, status: int | None = None) -> None:
    """Asserts that the response is the problem `code` (RFC 9457) in both languages, with the code's status.

    Give `status` where callers rely on that number.
    """
    assert answer.headers["content-type"].partition(";")[0] == MEDIA_TYPE, answer.text
    problem = answer.json()
    assert problem["code"] == code, problem
    assert answer.status_code == problem["status"] == (STATUS[code] if status is None else status)
    assert problem["zh"]
    assert problem["en"]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Returns status and code, for comparisons."""
    return answer.status_code, answer.json()["code"]

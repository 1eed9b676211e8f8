"""Asking an outside system over HTTP: bounded in time and size, repeated where that is safe, and nothing half-trusted.

No redirect is followed and no proxy of the environment is used: a secret goes to the configured address or nowhere.
"""

import asyncio
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from mshield.gateways.tracing import call as calls

MAX_ANSWER: Final = 256 * 1024
ATTEMPTS: Final = 3
_PAUSE_SECONDS: Final = 0.2
_OK: Final = 200
_FAILED: Final = 500
T = TypeVar("T")
_log = logging.getLogger(__name__)


class OutsideError(Exception):
    """The outside system can't be reached, fails, or answers what it must not. The text names no data."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: any status below 500 but redirects."""

    status: int
    content: bytes


async def ask(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    seconds: float,
    content: bytes | None = None,
    repeatable: bool = True,
    attempts: int = ATTEMPTS,
) -> Answer:
    """The answer, after so many tries at most; `seconds` bounds them all together. Raises OutsideError.

    What isn't `repeatable` is sent once: a password must not count twice, a code is good for one use.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _ask(method, url, headers, content, attempts=attempts if repeatable else 1)
    except TimeoutError as error:
        raise _failed(url, f"no answer within {seconds} s") from error


async def ask_json(
    url: str, secret: str, question: object, form: type[T], *, seconds: float, repeatable: bool = True
) -> T:
    """The answer to a JSON question that is POSTed with a bearer secret, in this form.

    A POST, so that nothing of a person stands in an address that others log. Raises OutsideError for anything but 200
    with a whole answer.
    """
    answer = await ask(
        "POST",
        url,
        headers={"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
        seconds=seconds,
        content=msgspec.json.encode(question),
        repeatable=repeatable,
    )
    if answer.status != _OK:
        raise OutsideError(f"status {answer.status}")
    try:
        return msgspec.json.decode(answer.content, type=form)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise OutsideError("an answer out of form") from error


async def _ask(
    method: str, url: str, headers: Mapping[str, str], content: bytes | None, *, attempts: int
) -> Answer:
    failure: Exception | None = None
    async with httpx.AsyncClient(
        verify=_tls(),
        trust_env=False,
        follow_redirects=False,
        timeout=None,  # noqa: S113  # `ask` bounds all tries together
    ) as http:
        for attempt in range(attempts):
            if attempt:
                await asyncio.sleep(_PAUSE_SECONDS * attempt)
            try:
                answer = await _once(http, method, url, headers, content)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                failure = error
                continue
            if answer.status < _FAILED:
                if 300 <= answer.status < 400:
                    raise _failed(url, "a redirect")
                return answer
            failure = OutsideError(f"status {answer.status}")
    raise _failed(url, type(failure).__name__ if failure else "nothing") from failure


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Made once: reading the trusted authorities takes longer than the call."""
    return httpx.create_ssl_context()


async def _once(
    http: httpx.AsyncClient, method: str, url: str, headers: Mapping[str, str], content: bytes | None
) -> Answer:
    read = bytearray()
    async with http.stream(method, url, headers={**headers, **calls.headers()}, content=content) as answer:
        async for part in answer.aiter_bytes():
            read += part
            if len(read) > MAX_ANSWER:
                raise _failed(url, "an answer without end")
    return Answer(answer.status_code, bytes(read))


def _failed(url: str, what: str) -> OutsideError:
    """For the log: the host and what happened, never what was asked or answered."""
    host = urlsplit(url).hostname
    _log.warning("outside system %s: %s", host, what)
    return OutsideError(f"{host}: {what}")

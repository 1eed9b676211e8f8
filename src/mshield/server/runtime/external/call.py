"""HTTP client for outside systems: bounded in time and size, with retries where safe, strict about answers.

Redirects and the environment's proxies are not used, so a secret goes only to the configured address.
"""

import asyncio
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from mshield.server.runtime.tracing import call as calls

MAX_ANSWER: Final = 256 * 1024
ATTEMPTS: Final = 3
_PAUSE_SECONDS: Final = 0.2
_OK: Final = 200
_FAILED: Final = 500
T = TypeVar("T")
_log = logging.getLogger(__name__)


class OutsideError(Exception):
    """The outside system can't be reached, fails, or returned an invalid answer. The text contains no data."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Response with any status below 500 except redirects."""

    status: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


async def ask(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    seconds: float,
    content: bytes | None = None,
    repeatable: bool = True,
    attempts: int = ATTEMPTS,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Sends a request in at most `attempts` tries; `seconds` limits all tries together. Raises: OutsideError.

    `tls` replaces the settings used for every outside system, for those with a CA or client certificate of their own.

    A request that isn't `repeatable` is sent once: a password must not be counted twice, and a code is valid
    only once.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _ask(method, url, headers, content, attempts=attempts if repeatable else 1, tls=tls)
    except TimeoutError as error:
        raise _failed(url, f"no answer within {seconds} s") from error


@dataclass(frozen=True, slots=True)
class OutsideSystem:
    """An outside system that answers JSON queries at `url`, authenticated by a bearer secret, within `seconds`."""

    url: str
    secret: str = field(repr=False)
    seconds: float

    async def ask_json(self, question: object, form: type[T], *, repeatable: bool = True) -> T:
        """POSTs a query and returns the answer, decoded as `form`.

        It is a POST so that no personal data are in a URL that others log. Raises: OutsideError (anything but
        200 with a complete answer).
        """
        answer = await ask(
            "POST",
            self.url,
            headers={"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"},
            seconds=self.seconds,
            content=msgspec.json.encode(question),
            repeatable=repeatable,
        )
        if answer.status != _OK:
            raise OutsideError(f"status {answer.status}")
        try:
            return msgspec.json.decode(answer.content, type=form)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise OutsideError("a malformed answer") from error


async def _ask(
    method: str,
    url: str,
    headers: Mapping[str, str],
    content: bytes | None,
    *,
    attempts: int,
    tls: ssl.SSLContext | None,
) -> Answer:
    failure: Exception | None = None
    async with httpx.AsyncClient(
        verify=tls or _tls(),
        trust_env=False,
        follow_redirects=False,
        timeout=None,  # noqa: S113  # `ask` limits all tries together
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
    """Created once, since reading the trusted CAs takes longer than the call."""
    return httpx.create_ssl_context()


async def _once(
    http: httpx.AsyncClient, method: str, url: str, headers: Mapping[str, str], content: bytes | None
) -> Answer:
    read = bytearray()
    async with http.stream(method, url, headers={**headers, **calls.headers()}, content=content) as answer:
        async for part in answer.aiter_bytes():
            read += part
            if len(read) > MAX_ANSWER:
                raise _failed(url, "an answer that is too long")
    return Answer(answer.status_code, bytes(read), answer.headers)


def _failed(url: str, what: str) -> OutsideError:
    """Logs the host and the failure, never the query or answer, and returns the error."""
    host = urlsplit(url).hostname
    _log.warning("outside system %s: %s", host, what)
    return OutsideError(f"{host}: {what}")

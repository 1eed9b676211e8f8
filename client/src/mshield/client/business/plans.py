"""The business system's calls as plans: building requests, retrying, and parsing responses.

Every POST has an idempotency key, so repeating it after a lost response is harmless. Only network errors and
a gateway's 502, 503 and 504 are retried. Plans that wait for a request's end also retry for up to a minute,
and on 429.
"""

import base64
import math
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import quote

import msgspec

from mshield.client.business.effects import Plan, Reply, Send, Sleep
from mshield.client.business.result import Result
from mshield.client.business.states import READ_SECONDS
from mshield.client.business.values import Created, Document, Pc, Status
from mshield.client.errors import ClientError, NetworkError, ProblemError, is_passing, problem_of
from mshield.client.evidence.verify import Evidence, read_evidence
from mshield.client.forms import read
from mshield.pki.signatures.formats import AskedOptions
from mshield.wire.business import Channel, CreateMessage, DisplayLine, DocumentMessage
from mshield.wire.return_url import RETURN_CODE

T = TypeVar("T")

_REQUESTS: Final = "/api/business/requests"
_LONGEST_POLL: Final = 60
_LOG_WAITS: Final = 15
_FIRST_ANSWER: Final = 1.0
"""Minimum time in s for the first response, even if the caller's timeout is shorter: it still gets a status."""
_OUTAGE: Final = 60.0
"""Outage in s that a waiting plan tolerates: deploying a new version takes the service a few seconds."""
_SHORTEST: Final = 0.001
"""Shortest timeout in s: a socket timeout of zero would mean no limit."""
_RANDOM: Final = secrets.SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Retry policy of a failing call: number of tries, and pauses in seconds, which double, with jitter."""

    tries: int = 4
    first_pause: float = 0.5
    longest_pause: float = 8.0

    def pause(self, failures: int, retry_after: str | None = None) -> float:
        """Returns the pause in s after that many failures; Retry-After is respected, up to the longest pause."""
        if retry_after is not None and retry_after.isascii() and retry_after.isdigit():
            return min(float(retry_after), self.longest_pause)
        doubled = min(self.first_pause * 2.0 ** (failures - 1), self.longest_pause)
        return doubled * _RANDOM.uniform(0.5, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plans:
    """Plans of one client; `now` is a monotonic clock in seconds."""

    client_id: str
    client_secret: str = field(repr=False)
    retry: Retry
    now: Callable[[], float]

    def request_login(
        self,
        *,
        pc: Pc | None,
        channel: Channel,
        return_url: str | None,
        lifetime: int | None,
        idempotency_key: str | None,
    ) -> Plan[Created]:
        """Requests a login."""
        message = CreateMessage("login", pc=pc, channel=channel, return_url=return_url, lifetime=lifetime)
        return self._create(message, idempotency_key)

    def request_signature(
        self,
        documents: Sequence[Document],
        *,
        pc: Pc | None,
        channel: Channel,
        return_url: str | None,
        shield_number: str | None,
        lifetime: int | None,
        idempotency_key: str | None,
    ) -> Plan[Created]:
        """Requests signatures on 1 to 64 documents."""
        message = CreateMessage(
            "signature",
            tuple(_document(document) for document in documents),
            pc,
            channel,
            shield_number,
            return_url,
            lifetime,
        )
        return self._create(message, idempotency_key)

    def status(self, request_id: str, *, wait: int, state: str) -> Plan[Status]:
        """Gets the request's status: at once unless it is in `state`, else after up to `wait` seconds."""
        return self._call(self._poll(request_id, wait=wait, state=state), _read_status)

    def next_state(self, request_id: str, *, wait: int, state: str, until: float = math.inf) -> Plan[Status]:
        """Does as `status` for a caller that waits for the end: tolerates outages of less than a minute."""
        poll = self._poll(request_id, wait=wait, state=state)
        return self._call(poll, _read_status, until=until, outage=_OUTAGE)

    def _poll(self, request_id: str, *, wait: int, state: str) -> Send:
        params = (("wait", str(wait)), ("state", state)) if wait else ()
        return self._request("GET", _path(request_id), params=params, read_timeout=wait + 30.0)

    def stream(self, request_id: str) -> Send:
        """Returns the HTTP request for the states as server-sent events."""
        return self._request("GET", _path(request_id, "/events"), read_timeout=READ_SECONDS)

    def wait_until_done(
        self, request_id: str, *, timeout: float, on_change: Callable[[Status], None] | None
    ) -> Plan[Status]:
        """Long-polls until a final state. Raises: ClientError (`timed_out`) after `timeout` seconds."""
        begun, last_state = self.now(), "waiting"
        until, answered_until = begun + timeout, begun + max(timeout, _FIRST_ANSWER)
        while True:
            polled_at = self.now()
            wait = max(0, math.ceil(min(_LONGEST_POLL, until - polled_at)))
            status = yield from self.next_state(request_id, wait=wait, state=last_state, until=answered_until)
            if status.done:
                return status
            if status.state != last_state:
                last_state = status.state
                if on_change is not None:
                    on_change(status)
            elif self.now() - polled_at < 1.0:
                # A service that doesn't hold the call open must not be polled without pause.
                yield Sleep(self._within(1.0, until))
            if self.now() >= until:
                raise ClientError("timed_out")

    def result(self, request_id: str, *, options: AskedOptions, return_code: str | None) -> Plan[Result]:
        """Gets the result of a signed request, wrapped by these options."""
        params = (*msgspec.to_builtins(options).items(), *_return_params(return_code))
        send = self._request("GET", _path(request_id, "/result"), params=params)
        return self._call(send, lambda body: read(body, Result))

    def evidence(self, request_id: str, *, document: int, return_code: str | None) -> Plan[Evidence]:
        """Gets the evidence bundle of one document, waiting up to 15 s until the log has the signature."""
        params = (("document", str(document)), *_return_params(return_code))
        send = self._request("GET", _path(request_id, "/evidence"), params=params)
        waits = 0
        while True:
            try:
                return (yield from self._call(send, read_evidence))
            except ProblemError as error:
                if error.code != "not_logged_yet" or waits >= _LOG_WAITS:
                    raise
            waits += 1
            yield Sleep(1.0)

    def cancel(self, request_id: str, *, idempotency_key: str | None) -> Plan[None]:
        """Cancels the request."""
        send = self._request("POST", _path(request_id, "/cancel"), idempotency_key=idempotency_key)
        return self._call(send, lambda _body: None)

    def _create(self, message: CreateMessage, idempotency_key: str | None) -> Plan[Created]:
        send = self._request(
            "POST", _REQUESTS, body=msgspec.json.encode(message), idempotency_key=idempotency_key
        )
        return self._call(send, lambda body: _with_receipt_time(read(body, Created)))

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
        idempotency_key: str | None = None,
        read_timeout: float = 30.0,
    ) -> Send:
        basic = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode("ascii")
        headers = [
            ("Accept", "application/json, application/problem+json"),
            ("Authorization", f"Basic {basic}"),
        ]
        if body:
            headers.append(("Content-Type", "application/json"))
        if method == "POST":
            headers.append(("Idempotency-Key", idempotency_key or secrets.token_urlsafe(16)))
        return Send(
            method=method,
            path=path,
            params=params,
            headers=tuple(headers),
            body=body,
            read_timeout=read_timeout,
        )

    def _call(
        self,
        send: Send,
        decode: Callable[[bytes], T],
        *,
        until: float = math.inf,
        outage: float = 0.0,
    ) -> Plan[T]:
        """Sends, and retries with growing pauses while the network or a gateway fails.

        No try or pause extends beyond `until` (by `now`). With `outage`, retries for at least that many
        seconds after the first failure, and on 429 too. Raises: ClientError (`timed_out` at `until`), or the
        last error.
        """
        failures, borne_until = 0, math.inf
        while True:
            outcome = yield replace(send, read_timeout=self._within(send.read_timeout, until))
            if isinstance(outcome, Reply) and 200 <= outcome.status < 300:
                return decode(outcome.body)
            failures += 1
            error = _error(outcome)
            now = self.now()
            borne_until = min(borne_until, now + outage)
            is_over = failures >= self.retry.tries and borne_until <= now < until
            if is_over or not (is_passing(error) or (outage and _is_too_many(error))):
                raise error
            pause = self.retry.pause(failures, outcome.retry_after if isinstance(outcome, Reply) else None)
            yield Sleep(self._within(pause, until))
            if self.now() >= until:
                raise ClientError("timed_out") from error

    def _within(self, seconds: float, until: float) -> float:
        return max(_SHORTEST, min(seconds, until - self.now()))


def _path(request_id: str, rest: str = "") -> str:
    """Returns the path of a request; an id with slashes stays one segment."""
    return f"{_REQUESTS}/{quote(request_id, safe='')}{rest}"


def _read_status(body: bytes) -> Status:
    return read(body, Status)


def _is_too_many(error: ClientError) -> bool:
    return isinstance(error, ProblemError) and error.status == HTTPStatus.TOO_MANY_REQUESTS


def _error(outcome: Reply | NetworkError | None) -> ClientError:
    if isinstance(outcome, Reply):
        return problem_of(outcome.status, outcome.content_type, outcome.body)
    return outcome or NetworkError("no answer")


def _document(document: Document) -> DocumentMessage:
    digest, content = document.content_digest, document.content
    return DocumentMessage(
        document.title,
        document.media_type,
        None if content is None else base64.b64encode(content).decode("ascii"),
        tuple(DisplayLine(label, value) for label, value in document.display),
        document.format,
        document.options,
        digest_sm3=digest.sm3.hex() if content is None else None,
        size=digest.size if content is None else None,
        view=document.view,
    )


def _return_params(return_code: str | None) -> tuple[tuple[str, str], ...]:
    return () if return_code is None else ((RETURN_CODE, return_code),)


def _with_receipt_time(created: Created) -> Created:
    return msgspec.structs.replace(created, received_at=time.time_ns() // 1_000_000)

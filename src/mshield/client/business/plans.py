"""The business system's calls as plans: how a request is built, what is tried again, how an answer is read.

Every POST carries an idempotency key, so repeating it after a lost answer changes nothing; only a failing
network and a gateway's 502, 503 and 504 are tried again. Whoever waits for a request's end outlasts them for a minute,
and a 429.
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
from mshield.client.business.values import Channel, Created, Document, Pc, Status
from mshield.client.errors import ClientError, NetworkError, ProblemError, is_passing, problem_of
from mshield.client.evidence import Evidence, read_evidence
from mshield.client.wire import read
from mshield.domain.systems.return_url import RETURN_CODE
from mshield.pki.signatures.formats import AskedOptions

T = TypeVar("T")

_REQUESTS: Final = "/api/business/requests"
_LONGEST_POLL: Final = 60
_LOG_WAITS: Final = 15
_FIRST_ANSWER: Final = 1.0
"""What it may take where the caller leaves no time: they still learn how the request stands."""
_OUTAGE: Final = 60.0
"""For so long may a service be away from one who waits: a new version takes it seconds to start."""
_SHORTEST: Final = 0.001
"""To a socket, a time limit of zero is no limit."""
_RANDOM: Final = secrets.SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often a failing call is tried; pauses in seconds, doubling, with jitter, up to the longest."""

    tries: int = 4
    first_pause: float = 0.5
    longest_pause: float = 8.0

    def pause(self, failures: int, retry_after: str | None = None) -> float:
        """The pause after that many failures; the service's Retry-After counts, up to the longest pause."""
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
        """Asks for a login."""
        payload = {"kind": "login", "pc": _pc(pc)} | _by(channel)
        payload |= _without_none(return_url=return_url, lifetime=lifetime)
        return self._create(payload, idempotency_key)

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
        """Asks for signatures on 1 to 64 documents."""
        payload: dict[str, object] = {
            "kind": "signature",
            "documents": [_document(document) for document in documents],
            "pc": _pc(pc),
        }
        payload |= _by(channel)
        payload |= _without_none(return_url=return_url, shield_number=shield_number, lifetime=lifetime)
        return self._create(payload, idempotency_key)

    def status(self, request_id: str, *, wait: int, state: str) -> Plan[Status]:
        """How the request stands, answered at once where it is not in `state`, else after up to `wait` seconds."""
        return self._call(self._poll(request_id, wait=wait, state=state), _read_status)

    def next_state(self, request_id: str, *, wait: int, state: str, until: float = math.inf) -> Plan[Status]:
        """As `status`, for one who waits for the end: an outage of less than a minute stays unseen."""
        poll = self._poll(request_id, wait=wait, state=state)
        return self._call(poll, _read_status, until=until, outage=_OUTAGE)

    def _poll(self, request_id: str, *, wait: int, state: str) -> Send:
        params = (("wait", str(wait)), ("state", state)) if wait else ()
        return self._request("GET", _path(request_id), params=params, read_timeout=wait + 30.0)

    def stream(self, request_id: str) -> Send:
        """The request's states as server-sent events."""
        return self._request("GET", _path(request_id, "/events"), read_timeout=READ_SECONDS)

    def wait_until_done(
        self, request_id: str, *, timeout: float, on_change: Callable[[Status], None] | None
    ) -> Plan[Status]:
        """Long-polls until the request is in a final state; ClientError `timed_out` after `timeout` seconds."""
        begun, known = self.now(), "waiting"
        until, answered_until = begun + timeout, begun + max(timeout, _FIRST_ANSWER)
        while True:
            asked = self.now()
            wait = max(0, math.ceil(min(_LONGEST_POLL, until - asked)))
            status = yield from self.next_state(request_id, wait=wait, state=known, until=answered_until)
            if status.done:
                return status
            if status.state != known:
                known = status.state
                if on_change is not None:
                    on_change(status)
            elif self.now() - asked < 1.0:
                # A service that does not hold the call must not be asked in a loop.
                yield Sleep(self._within(1.0, until))
            if self.now() >= until:
                raise ClientError("timed_out")

    def result(self, request_id: str, *, options: AskedOptions, return_code: str | None) -> Plan[Result]:
        """The result of a signed request, wrapped by these options."""
        params = (*msgspec.to_builtins(options).items(), *_returned(return_code))
        send = self._request("GET", _path(request_id, "/result"), params=params)
        return self._call(send, lambda body: read(body, Result))

    def evidence(self, request_id: str, *, document: int, return_code: str | None) -> Plan[Evidence]:
        """The bundle of evidence of one document, once the log has the signature."""
        params = (("document", str(document)), *_returned(return_code))
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
        """Withdraws the request."""
        send = self._request("POST", _path(request_id, "/cancel"), idempotency_key=idempotency_key)
        return self._call(send, lambda _body: None)

    def _create(self, payload: object, idempotency_key: str | None) -> Plan[Created]:
        send = self._request(
            "POST", _REQUESTS, body=msgspec.json.encode(payload), idempotency_key=idempotency_key
        )
        return self._call(send, lambda body: _received(read(body, Created)))

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
        """Sends, and again with growing pauses while the network or a gateway fails.

        ClientError `timed_out` once the clock says `until`; no try and no pause is longer than what is left. With
        `outage` it is tried for so many seconds from the first failure at least, and too many requests count as one.
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
    """The path of a request; an id with slashes in it still is one segment."""
    return f"{_REQUESTS}/{quote(request_id, safe='')}{rest}"


def _read_status(body: bytes) -> Status:
    return read(body, Status)


def _is_too_many(error: ClientError) -> bool:
    return isinstance(error, ProblemError) and error.status == HTTPStatus.TOO_MANY_REQUESTS


def _error(outcome: Reply | NetworkError | None) -> ClientError:
    if isinstance(outcome, Reply):
        return problem_of(outcome.status, outcome.content_type, outcome.body)
    return outcome or NetworkError("no answer")


def _document(document: Document) -> dict[str, object]:
    digest = document.content_digest
    shown: dict[str, object] = {
        "title": document.title,
        "media_type": document.media_type,
        "display": [{"label": label, "value": value} for label, value in document.display],
    }
    if document.content is None:
        shown |= {"digest_sm3": digest.sm3.hex(), "size": digest.size}
    else:
        shown["content_b64"] = base64.b64encode(document.content).decode("ascii")
    if document.view is not None:
        shown["view"] = _without_none(id=document.view.id, version=document.view.version)
    if options := msgspec.to_builtins(document.options):
        shown["options"] = options
    return shown if document.format == "raw" else shown | {"format": document.format}


def _by(channel: Channel) -> dict[str, object]:
    """Said only where it isn't the usual one, so that an older service understands."""
    return {} if channel == "qr" else {"channel": channel}


def _without_none(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def _returned(return_code: str | None) -> tuple[tuple[str, str], ...]:
    return () if return_code is None else ((RETURN_CODE, return_code),)


def _received(created: Created) -> Created:
    return msgspec.structs.replace(created, received_at=time.time_ns() // 1_000_000)


def _pc(pc: Pc | None) -> dict[str, str] | None:
    return None if pc is None else {"address": pc.address, "browser": pc.browser}

"""Connection to the service: JSON over HTTP, each call with its own DPoP proof over method, URL and body.

Transport failures are `NetworkError`, refusals `ProblemError`. Bodies and responses are never logged or
stored.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import httpx
import msgspec

from mshield.client.connections import Closing, is_loopback
from mshield.client.errors import ClientError, NetworkError, ProblemError, is_passing, problem_of
from mshield.testkit.phone.clocks import Agreement
from mshield.testkit.phone.dpop import DeviceKey, proof
from mshield.testkit.phone.repeats import Repeats

Clock = Callable[[], int]
Sleep = Callable[[float], None]

_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
_LONGEST_PAUSE: Final = 5.0


def system_clock() -> int:
    """Returns the current time in ms since the epoch."""
    return time.time_ns() // 1_000_000


def steady_clock() -> int:
    """Returns ms of a monotonic clock, which is never set."""
    return time.monotonic_ns() // 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Retry limits: tries on network failures, waits for a busy key, sessions replaced by others.

    Pauses are in seconds; the pause after a network failure doubles each time, up to 5 s. A `finish` is
    retried for a minute, the longest time of a site's failover: an abandoned one leaves its PIN attempt
    counted.
    """

    network_tries: int = 5
    finish_tries: int = 15
    network_pause: float = 0.5
    busy_tries: int = 40
    busy_pause: float = 1.0
    sessions: int = 3
    lock_seconds: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Authentication of a call, besides its body."""

    device_key: DeviceKey
    token: str | None = field(default=None, repr=False)
    nonce: str | None = None


class Connection(Closing):
    """Connection to one service; call `close` at the end."""

    def __init__(
        self,
        base_url: str,
        *,
        transport: httpx.BaseTransport | None,
        clock: Clock,
        sleep: Sleep,
        patience: Patience,
        repeats: Repeats,
        steady: Clock = steady_clock,
    ) -> None:
        """Takes the service's origin (with its path, if it has one), exactly as the service is configured."""
        self._base = base_url.rstrip("/")
        self._clock = clock
        self._agreement = Agreement(clock, steady)
        self._sleep = sleep
        self._patience = patience
        self._repeats = repeats
        # No redirects: a proof is valid only for the URL that it contains.
        self._http = httpx.Client(
            transport=transport,
            timeout=_TIMEOUT,
            follow_redirects=False,
            trust_env=not is_loopback(self._base),
        )

    @property
    def origin(self) -> str:
        """The service's URL, as the service is configured."""
        return self._base

    def get(self, path: str, credentials: Credentials, params: Mapping[str, str] | None = None) -> bytes:
        """Sends a GET; retries on network failures."""
        return self.persistently(lambda: self._send("GET", path, credentials, b"", params))

    def get_by_token(self, path: str, token: str) -> bytes:
        """Sends a GET like a page that follows a request by its status token; retries on network failures."""
        headers = {"Authorization": f"Bearer {token}"}
        return self.persistently(lambda: self._call("GET", path, headers))

    def post(self, path: str, credentials: Credentials, payload: Mapping[str, object] | None = None) -> bytes:
        """Sends a POST with a JSON object (or nothing); retries under the same idempotency key on network failures."""
        body = b"" if payload is None else msgspec.json.encode(payload)
        return self._repeatable("POST", path, credentials, body)

    def post_bytes(self, path: str, credentials: Credentials, body: bytes) -> bytes:
        """Sends a POST with exactly these bytes, once, without a key: the co-signing protocol has its own retries."""
        return self._send("POST", path, credentials, body)

    def delete(self, path: str, credentials: Credentials) -> None:
        """Sends a DELETE; retries under the same idempotency key on network failures."""
        self._repeatable("DELETE", path, credentials, b"")

    def _repeatable(self, method: str, path: str, credentials: Credentials, body: bytes) -> bytes:
        key = self._repeats.key(method, path, body, now=self._clock())
        try:
            answer = self.persistently(lambda: self._send(method, path, credentials, body, key=key))
        except ClientError as error:
            if not is_passing(error):
                self._repeats.answered(method, path, now=self._clock())
            raise
        self._repeats.answered(method, path, now=self._clock())
        return answer

    def persistently(self, call: Callable[[], bytes], *, tries: int | None = None) -> bytes:
        """Retries an idempotent call while the network fails or the service is unavailable.

        `tries` overrides the usual limit.
        """
        pause = self._patience.network_pause
        for _ in range((tries or self._patience.network_tries) - 1):
            try:
                return call()
            except ClientError as error:
                if not is_passing(error):
                    raise
                self._sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
        return call()

    def _send(
        self,
        method: str,
        path: str,
        credentials: Credentials,
        body: bytes,
        params: Mapping[str, str] | None = None,
        *,
        key: str | None = None,
    ) -> bytes:
        headers = {
            "DPoP": proof(
                credentials.device_key,
                method=method,
                url=str(httpx.URL(self._base + path).copy_with(query=None)),
                body=body,
                now=self._clock(),
                token=credentials.token,
                nonce=credentials.nonce,
            ),
        }
        if body:
            headers["Content-Type"] = "application/json"
        if key is not None:
            headers["Idempotency-Key"] = key
        if credentials.token is not None:
            headers["Authorization"] = f"DPoP {credentials.token}"
        try:
            answer = self._call(method, path, headers, body, params)
        except ProblemError as error:
            raise self._agreement.explain(error) from error.__cause__
        self._agreement.agreed()
        return answer

    def _call(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        params: Mapping[str, str] | None = None,
    ) -> bytes:
        headers = {"Accept": "application/json, application/problem+json", **headers}
        url = httpx.URL(self._base + path)
        try:
            answer = self._http.request(method, url, content=body, headers=headers, params=params)
        except httpx.RequestError as error:
            raise NetworkError(f"{type(error).__name__}: {error}") from error
        if answer.is_success:
            return answer.content
        raise problem_of(answer.status_code, answer.headers.get("content-type", ""), answer.content)

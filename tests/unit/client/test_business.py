"""The business SDK: requests as sent, retries and waiting."""

import base64
import json
import math
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from mshield.client import (
    AsyncBusinessClient,
    BusinessClient,
    ClientError,
    Document,
    NetworkError,
    Pc,
    ProblemError,
    ProtocolError,
    Retry,
    Status,
)

URL = "https://shield.example.cn"
CREATED = {
    "id": "r1",
    "kind": "login",
    "state": "waiting",
    "number": "07",
    "age": 2500,
    "expires_at": 1,
    "status_token": "t" * 43,
    "qr_origin": "https://shield.test",
    "qr_secret": bytes(range(32)).hex(),
}

Answer = httpx.Response | type[httpx.TransportError]


class Script:
    """Answers calls in turn and records them; time passes by pauses and by timeouts."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.seen: list[httpx.Request] = []
        self.pauses: list[float] = []
        self.time = 0.0

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        if answer is httpx.ReadTimeout:
            self.time += request.extensions["timeout"]["read"]
        raise answer("lost", request=request)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds

    def now(self) -> float:
        return self.time

    def client(self, **more: Any) -> BusinessClient:
        return BusinessClient(
            URL,
            client_id="c1",
            client_secret="s1",
            transport=httpx.MockTransport(self.handle),
            sleep=self.sleep,
            now=self.now,
            **more,
        )

    def async_client(self, **more: Any) -> AsyncBusinessClient:
        async def sleep(seconds: float) -> None:
            self.sleep(seconds)

        return AsyncBusinessClient(
            URL,
            client_id="c1",
            client_secret="s1",
            transport=httpx.MockTransport(self.handle),
            sleep=sleep,
            now=self.now,
            **more,
        )


def answer(value: object, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=value)


def state(name: str) -> httpx.Response:
    return answer({"id": "r1", "kind": "login", "state": name, "reason": None, "expires_at": 1})


def problem(status: int, code: str) -> httpx.Response:
    content = json.dumps(
        {"code": code, "status": status, "zh": "中文", "en": "English", "faq": "3.1", "left": 3}
    )
    return httpx.Response(status, content=content, headers={"content-type": "application/problem+json"})


async def run(script: Script, call: Callable[[Any], Any], *, asynchronous: bool, **more: Any) -> Any:
    """Runs the same call on the sync or the async client."""
    if not asynchronous:
        with script.client(**more) as client:
            return call(client)
    async with script.async_client(**more) as client:
        outcome = call(client)
        assert isinstance(outcome, Awaitable)
        return await outcome


both = pytest.mark.parametrize("asynchronous", [False, True])


@both
async def test_signature_request_is_sent_as_documented(*, asynchronous: bool) -> None:
    script = Script(answer(CREATED | {"kind": "signature"}, 201))
    document = Document(title="报关单", media_type="application/xml", content=b"<x/>", display=(("号", "1"),))
    pc = Pc(address="203.0.113.9", browser="Firefox")
    await run(script, lambda c: c.request_signature([document], pc=pc), asynchronous=asynchronous)
    [request] = script.seen
    assert (request.method, str(request.url)) == ("POST", f"{URL}/api/business/requests")
    assert json.loads(request.content) == {
        "kind": "signature",
        "documents": [
            {
                "title": "报关单",
                "media_type": "application/xml",
                "content_b64": "PHgvPg==",
                "display": [{"label": "号", "value": "1"}],
            }
        ],
        "pc": {"address": "203.0.113.9", "browser": "Firefox"},
    }
    assert request.headers["authorization"] == "Basic " + base64.b64encode(b"c1:s1").decode()
    assert request.headers["content-type"] == "application/json"


@both
@pytest.mark.parametrize(
    "failures",
    [
        (httpx.ConnectError, httpx.ReadTimeout),
        (httpx.Response(502), httpx.Response(504)),
        (problem(503, "unavailable"), httpx.RemoteProtocolError),
    ],
)
async def test_failed_call_is_retried_with_the_same_key_and_body(
    failures: tuple[Answer, ...], *, asynchronous: bool
) -> None:
    script = Script(*failures, answer(CREATED, 201))
    made = await run(script, lambda c: c.request_login(), asynchronous=asynchronous)
    assert made.id == "r1"
    assert len(script.seen) == 3
    assert len({request.headers["idempotency-key"] for request in script.seen}) == 1
    assert len({request.content for request in script.seen}) == 1
    first, second = script.pauses
    assert 0.25 <= first <= 0.5 <= second <= 1.0


@both
async def test_last_failure_is_raised_after_all_retries(*, asynchronous: bool) -> None:
    script = Script(*[httpx.ConnectError] * 4)
    with pytest.raises(NetworkError) as failed:
        await run(script, lambda c: c.request_login(), asynchronous=asynchronous)
    assert (failed.value.code, failed.value.faq, len(script.pauses)) == ("network", "3.1", 3)


@both
async def test_refusal_is_not_retried(*, asynchronous: bool) -> None:
    script = Script(problem(409, "not_signed"))
    with pytest.raises(ProblemError) as refused:
        await run(script, lambda c: c.result("r1"), asynchronous=asynchronous)
    found = refused.value
    assert (found.code, found.status, found.zh, found.en, found.faq) == (
        "not_signed",
        409,
        "中文",
        "English",
        "3.1",
    )
    assert found.extra == {"left": 3}
    assert script.pauses == []


def test_retry_after_counts_up_to_the_longest_pause() -> None:
    retry = Retry(longest_pause=8)
    assert retry.pause(1, "3") == 3
    assert retry.pause(1, "3600") == 8
    assert retry.pause(1, "Wed, 21 Oct 2026 07:28:00 GMT") <= 0.5


def test_pauses_double_up_to_the_longest() -> None:
    retry = Retry(first_pause=1, longest_pause=4)
    for failures, most in ((1, 1), (2, 2), (3, 4), (10, 4)):
        assert most / 2 <= retry.pause(failures) <= most


def test_an_own_idempotency_key_is_used() -> None:
    script = Script(answer(CREATED, 201), httpx.Response(204))
    client = script.client()
    client.request_login(idempotency_key="order-17")
    client.cancel("r1", idempotency_key="order-17-cancel")
    assert [request.headers["idempotency-key"] for request in script.seen] == ["order-17", "order-17-cancel"]


@both
async def test_waiting_follows_each_state_and_ends_with_a_final_one(*, asynchronous: bool) -> None:
    script = Script(httpx.ReadTimeout, state("scanned"), state("signed"))
    told: list[Status] = []
    done = await run(
        script, lambda c: c.wait_until_done("r1", on_change=told.append), asynchronous=asynchronous
    )
    assert done.state == "signed"
    assert [status.state for status in told] == ["scanned"]
    queries = [dict(request.url.params) for request in script.seen]
    assert queries[-1] == {"wait": "60", "state": "scanned"}


def test_call_answered_at_once_is_repeated_with_pauses() -> None:
    script = Script(*[state("waiting")] * 3, state("expired"))
    script.client().wait_until_done("r1")
    assert script.pauses == [1.0] * 3


def test_waiting_ends_in_time() -> None:
    script = Script(*[state("waiting")] * 3)
    with pytest.raises(ClientError, match="timed_out"):
        script.client().wait_until_done("r1", timeout=0)
    assert len(script.seen) == 1


@both
@pytest.mark.parametrize("seconds", [10, 61, 300, 400.5])
@pytest.mark.parametrize(
    "answers",
    [
        [httpx.ReadTimeout],
        [problem(503, "unavailable")],
        [state("waiting")],
        [state("waiting"), httpx.ReadTimeout],
    ],
    ids=["silent", "unavailable", "not held", "breaks off"],
)
async def test_waiting_ends_in_time_whatever_the_network_does(
    answers: list[Answer], seconds: float, *, asynchronous: bool
) -> None:
    script = Script(*answers * 500)
    tries = Retry(tries=1000)
    with pytest.raises(ClientError) as over:
        await run(
            script, lambda c: c.wait_until_done("r1", timeout=seconds), asynchronous=asynchronous, retry=tries
        )
    assert over.value.code == "timed_out"
    assert script.time == pytest.approx(seconds, abs=0.1)
    for request in script.seen:
        limits = request.extensions["timeout"]
        assert 0 < limits["connect"] <= min(10, limits["read"])
        assert limits["read"] <= seconds


@both
async def test_lasting_network_failure_is_raised_before_the_timeout(*, asynchronous: bool) -> None:
    script = Script(*[httpx.ConnectError] * 100)
    with pytest.raises(NetworkError):
        await run(script, lambda c: c.wait_until_done("r1", timeout=300), asynchronous=asynchronous)
    assert 60 <= script.time < 70


@both
@pytest.mark.parametrize("seconds", [120, math.inf])
@pytest.mark.parametrize(
    "answer", [httpx.ConnectError, problem(503, "unavailable"), problem(429, "too_many_requests")]
)
async def test_wait_outlasts_an_outage_of_less_than_a_minute(
    answer: Answer, seconds: float, *, asynchronous: bool
) -> None:
    """Like the start of a new version; a fixed number of retries would end within seconds."""
    for calls in (1, 2):  # each outage has its own minute
        script = Script(*([answer] * 8 + [state("scanned")]) * calls, state("signed"))
        done = await run(
            script, lambda c: c.wait_until_done("r1", timeout=seconds), asynchronous=asynchronous
        )
        assert done.state == "signed"
        assert script.time > 20 * calls


def test_zero_timeout_still_returns_the_state() -> None:
    assert Script(state("signed")).client().wait_until_done("r1", timeout=0).state == "signed"


def test_an_id_from_outside_stays_one_segment_of_the_path() -> None:
    script = Script(state("signed"))
    script.client().status("r1/../../phone/me?x=1#y")
    assert script.seen[0].url.raw_path == b"/api/business/requests/r1%2F..%2F..%2Fphone%2Fme%3Fx%3D1%23y"


def test_unexpected_answer_is_malformed() -> None:
    with pytest.raises(ProtocolError, match="malformed"):
        Script(answer({"id": 7})).client().status("r1")


def test_the_secret_is_in_no_repr() -> None:
    client = Script().client()
    assert "s1" not in repr(client._plans)

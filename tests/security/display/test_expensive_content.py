"""Contents that take long are judged in a process that is ended at a bound, by turns of the systems (N1 to N3)."""

import asyncio
import threading
import time
from typing import Any, Final

import pytest

from mshield.server.content import image
from mshield.server.content.words import MOST_TEXT_OCTETS, DrawingOrder
from mshield.server.errors import Unavailable
from mshield.server.requests import content_process, drawing, xml_contents
from mshield.views import drawing as views
from tests.support.application import Application
from tests.support.factories import REQUESTS, document_message
from tests.support.pdfs import contract, pdf

LINES: Final = tuple((f"value {number}", f"{number}.00") for number in range(64))
WORDS: Final = DrawingOrder("Amounts", "text/plain", LINES, None, ())


def amounts(size: int) -> bytes:
    return b"1.00 " * (size // 5)


async def ask(
    application: Application, *documents: dict[str, Any], **more: object
) -> tuple[int, dict[str, Any]]:
    body = {"kind": "signature", "documents": documents, **more}
    answer = await application.business("POST", REQUESTS, body)
    return answer.status_code, answer.json()


async def test_content_that_exceeds_its_cpu_time_ends_and_is_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The next content is judged as usual."""
    monkeypatch.setattr(content_process, "CPU_SECONDS", 0)
    began = time.monotonic()
    assert await content_process.comparison_of("hostile", amounts(MOST_TEXT_OCTETS), WORDS) is None
    assert time.monotonic() - began < 15
    monkeypatch.undo()
    began = time.monotonic()
    assert await content_process.comparison_of("bank", amounts(MOST_TEXT_OCTETS), WORDS) is None
    assert time.monotonic() - began < 0.5, "remembered"
    found = await content_process.comparison_of("bank", amounts(50_000), WORDS)
    assert found is not None
    assert found.compared is not None
    assert await content_process.refusal_of_pdf("bank", pdf()) is None


async def test_content_that_waits_for_a_busy_machine_is_not_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(content_process, "SECONDS", 0)
    with pytest.raises(Unavailable):
        await content_process.refusal_of_pdf("customs", contract(198))
    monkeypatch.undo()
    assert await content_process.refusal_of_pdf("customs", contract(198)) is None


async def test_one_systems_slow_contents_leave_another_systems_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that fills its queue gets 503 itself, and waits behind its own contents."""
    release = threading.Event()

    def answer(_: object, job: content_process.Job, __: float) -> content_process.Answer:
        if job.octets.startswith(b"slow"):
            release.wait(30)
        return None, job.order

    monkeypatch.setattr(content_process._Process, "answer", answer)
    most = content_process.MOST_WAITING
    slow = [
        asyncio.create_task(content_process.refusal_of_pdf("hostile", b"slow %d" % number))
        for number in range(most)
    ]
    try:
        await asyncio.sleep(0.1)
        with pytest.raises(Unavailable):
            await content_process.refusal_of_pdf("hostile", b"slow")
        for number in range(50):
            async with asyncio.timeout(2):
                assert await content_process.refusal_of_pdf("customs", b"fast %d" % number) is None
        assert not any(task.done() for task in slow)
    finally:
        release.set()
    assert await asyncio.gather(*slow) == [None] * most


async def test_slow_contents_of_two_systems_leave_a_process_to_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Such a content is stopped after a second, and judged again in a process that slow systems share."""
    release = threading.Event()

    def answer(
        _: object, job: content_process.Job, seconds: float = content_process.CPU_SECONDS
    ) -> content_process.Answer:
        if job.octets.startswith(b"slow"):
            if seconds < content_process.CPU_SECONDS:
                raise content_process._Exceeded
            release.wait(30)
        return None, b""

    monkeypatch.setattr(content_process._Process, "answer", answer)
    slow = [
        asyncio.create_task(content_process.refusal_of_pdf(system, b"slow %d" % number))
        for number in range(3)
        for system in ("slow 1", "slow 2", "slow 3")
    ]
    try:
        await asyncio.sleep(0.1)
        for number in range(50):
            async with asyncio.timeout(2):
                assert await content_process.refusal_of_pdf("customs", b"fast %d" % number) is None
        assert not any(task.done() for task in slow)
    finally:
        release.set()
    assert await asyncio.gather(*slow) == [None] * len(slow)


async def test_content_that_takes_longer_than_the_first_attempt_is_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(content_process, "QUICK_SECONDS", 0)
    assert await content_process.refusal_of_pdf("broker", contract(197)) is None
    assert "broker" in content_process._POOL.slow


async def test_octets_that_wait_for_one_system_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def answer(_: object, __: content_process.Job, ___: float) -> content_process.Answer:
        release.wait(30)
        return None, b""

    monkeypatch.setattr(content_process._Process, "answer", answer)
    large = bytes(content_process.MOST_WAITING_OCTETS // 2)
    waiting = []
    try:
        for _ in range(3):
            waiting.append(asyncio.create_task(content_process.refusal_of_pdf("hostile", large)))
            await asyncio.sleep(0.3)
        with pytest.raises(Unavailable):
            await content_process.refusal_of_pdf("hostile", large)
    finally:
        release.set()
    assert await asyncio.gather(*waiting) == [None] * 3


async def test_large_content_is_judged_outside_the_service(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither its event loop nor its threads, which nothing could end, parse it."""
    inside = []

    def seen(octets: bytes, *_: object) -> Any:
        inside.append(octets)
        raise AssertionError

    for place, name in (
        (image, "refusal_of"),
        (xml_contents, "canonical_or_refusal"),
        (drawing, "compare_content"),
        (views, "read_content"),
    ):
        monkeypatch.setattr(place, name, seen)
    xml = b"<a>" + b"<b>1.00</b>" * 20_000 + b"</a>"
    for content, kind, form, status in (
        (bytes(100_000), "image/png", "cms", 422),
        (xml, "application/xml", "xml", 201),
        (xml, "application/xml", "cms", 201),
        (amounts(100_000), "text/plain", "cms", 201),
    ):
        got, answer = await ask(application, document_message(content, media_type=kind, format=form))
        assert got == status, answer
    assert not inside


async def test_refused_content_counts_like_a_request(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the limit a large content isn't even judged."""
    pc = {"address": "203.0.113.24", "browser": "Firefox"}
    refused = document_message(b"no picture", media_type="image/png", format="cms")
    for _ in range(application.context.settings.requests.requests_per_address):
        status, problem = await ask(application, refused, pc=pc)
        assert (status, problem["code"]) == (422, "invalid_image")
    assert (await ask(application, refused, pc=pc))[0] == 429
    assert (await ask(application, document_message(b"<a/>"), pc=pc))[0] == 429
    monkeypatch.delattr(content_process._Process, "answer")
    large = document_message(contract(199), media_type="application/pdf", format="cms")
    assert (await ask(application, large, pc=pc))[0] == 429
    assert (await ask(application, document_message(b"<a/>")))[0] == 201


async def test_long_text_is_refused(application: Application) -> None:
    text = amounts(MOST_TEXT_OCTETS)
    small = document_message(b"<a/>")
    longer = document_message(text + b" " * 10, media_type="text/plain", format="cms")
    status, problem = await ask(application, small, longer)
    assert (status, problem["code"], problem["document"]) == (422, "content_too_complex", 1)

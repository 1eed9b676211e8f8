"""The webhook sender with hostile names and receivers: which addresses it connects to, what it reads, timeouts."""

import asyncio
import ipaddress
import socket
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpcore
import pytest

from mshield.server.runtime.external import sender as webhook
from mshield.server.runtime.external.sender import EndpointReply, WebhookNotSent, WebhookSender, open_sender
from mshield.server.values.public_addresses import Network
from tests.support.outside_systems import OutsideServer, Reply, serving
from tests.support.slow_name_servers import hanging
from tests.support.tls import make_certificate

LOOPBACK = (ipaddress.ip_network("127.0.0.1/32"),)


@pytest.fixture
def receiver() -> Iterator[OutsideServer]:
    with serving(lambda _: Reply(body=b"ok")) as server:
        yield server


async def _post(
    url: str, allowed: tuple[Network, ...] = LOOPBACK, tls: ssl.SSLContext | None = None
) -> EndpointReply:
    async with open_sender(allowed=allowed, at_once=4, tls=tls) as sender:
        return await sender.post(url, {"webhook-id": "msg_1"}, b"{}")


async def _reason(url: str, allowed: tuple[Network, ...] = (), tls: ssl.SSLContext | None = None) -> str:
    with pytest.raises(WebhookNotSent) as refused:
        await _post(url, allowed, tls)
    return refused.value.reason


class _Names:
    """A resolver with scripted answers, each used once and the last one repeated."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, *_: Any, **__: Any) -> list[Any]:
        self.asked.append(host)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in answer]


def _resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> _Names:
    names = _Names(*answers)
    monkeypatch.setattr(socket, "getaddrinfo", names)
    return names


async def test_a_webhook_arrives(receiver: OutsideServer) -> None:
    assert await _post(f"{receiver.url}/a?b=c") == EndpointReply(200, None)
    (asked,) = receiver.asked
    assert (asked.path, asked.body, asked.headers["webhook-id"]) == ("/a?b=c", b"{}", "msg_1")
    assert asked.headers["host"] == receiver.url.removeprefix("http://")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]"],
)
async def test_loopback_addresses_are_refused_in_any_form(receiver: OutsideServer, host: str) -> None:
    port = receiver.url.rpartition(":")[2]
    assert await _reason(f"http://{host}:{port}/") in {
        "address_forbidden",
        "ConnectError",
        "InvalidURL",
    }
    assert receiver.asked == []


async def test_name_of_an_internal_address_is_refused(
    receiver: OutsideServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = receiver.url.rpartition(":")[2]
    _resolving(monkeypatch, ["127.0.0.1", "10.0.0.1", "169.254.169.254"])
    assert await _reason(f"http://inside.example:{port}/") == "address_forbidden"
    assert receiver.asked == []


async def test_changing_name_is_resolved_only_once(
    receiver: OutsideServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the name is public when checked, internal when connecting."""
    port = receiver.url.rpartition(":")[2]
    connected: list[str] = []

    async def refuse(_self: object, host: str, *_: Any, **__: Any) -> None:
        connected.append(host)
        raise httpcore.ConnectError("nobody there")

    names = _resolving(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", refuse)
    assert await _reason(f"http://rebinding.example:{port}/") == "ConnectError"
    assert (names.asked, connected) == (["rebinding.example"], ["8.8.8.8"])


async def test_allowed_address_is_chosen_among_several(
    receiver: OutsideServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = receiver.url.rpartition(":")[2]
    _resolving(monkeypatch, ["10.0.0.1", "127.0.0.1"])
    assert (await _post(f"http://both.example:{port}/")).status == 200


async def test_redirect_is_not_followed(receiver: OutsideServer) -> None:
    receiver.answer = lambda _: Reply(302, headers={"Location": receiver.url})
    assert await _post(receiver.url) == EndpointReply(302, None)
    assert len(receiver.asked) == 1


async def test_no_proxy_of_the_environment_is_used(
    receiver: OutsideServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert (await _post(receiver.url)).status == 200


async def test_retry_after_is_read_in_seconds_only(receiver: OutsideServer) -> None:
    for text, seconds in (("120", 120), ("-1", None), ("soon", None), ("99999999999", None)):
        receiver.answer = lambda _, text=text: Reply(429, headers={"Retry-After": text})  # type: ignore[misc]  # mypy infers no lambda with a default
        assert await _post(receiver.url) == EndpointReply(429, seconds)


async def test_endless_answer_is_not_read_to_its_end(receiver: OutsideServer) -> None:
    receiver.answer = lambda _: Reply(body=b"x" * 20_000_000)
    start = time.process_time()
    assert (await _post(receiver.url)).status == 200
    assert time.process_time() - start < 1


async def test_silent_receiver_times_out(receiver: OutsideServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "SECONDS", 0.3)
    receiver.answer = lambda _: Reply(seconds=20)
    start = time.monotonic()
    assert await _reason(receiver.url, LOOPBACK) == "timeout"
    assert time.monotonic() - start < 5


async def test_broken_connection_is_a_failure(receiver: OutsideServer) -> None:
    receiver.answer = lambda _: Reply(cut=True)
    assert await _reason(receiver.url, LOOPBACK) == "RemoteProtocolError"
    assert await _reason("http://127.0.0.1:9/", LOOPBACK) == "ConnectError"


# ---- names that hang ----


async def test_endpoints_with_hanging_names_delay_no_others(
    receiver: OutsideServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two endpoints use all the attempts they may, and the event loop's own threads stay free for others."""
    monkeypatch.setattr(webhook, "SECONDS", 3.0)
    with hanging(monkeypatch) as asked:
        async with open_sender(allowed=LOOPBACK, at_once=64) as sender:
            tries = [_sent(sender, f"http://slow-{number % 2}.example/") for number in range(8)]
            slow = [asyncio.create_task(each) for each in tries]
            await asyncio.sleep(0.05)
            assert await _sent(sender, receiver.url) == "200"
            assert await asyncio.get_running_loop().getaddrinfo("localhost", 80)
            assert not any(each.done() for each in slow)
            assert set(await asyncio.gather(*slow)) == {"timeout"}
        assert sorted(asked) == ["slow-0.example", "slow-1.example"]


async def _sent(sender: WebhookSender, url: str) -> str:
    try:
        return str((await sender.post(url, {}, b"{}")).status)
    except WebhookNotSent as refused:
        return refused.reason


# ---- https ----


@asynccontextmanager
async def _tls_receiver(folder: Path, name: str) -> AsyncIterator[tuple[int, ssl.SSLContext]]:
    """Yields a TLS port with a certificate for `name`, and a context that trusts its authority."""
    server_tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_tls.load_cert_chain(make_certificate(folder, name))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=server_tls)
    try:
        yield server.sockets[0].getsockname()[1], ssl.create_default_context(cafile=folder / "tls.pem")
    finally:
        server.close()


async def test_https_certificate_must_match_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with _tls_receiver(tmp_path, "hooks.example") as (port, tls):
        _resolving(monkeypatch, ["127.0.0.1"])
        assert (await _post(f"https://hooks.example:{port}/", tls=tls)).status == 204
        assert await _reason(f"https://other.example:{port}/", LOOPBACK, tls) == "ConnectError"
        assert await _reason(f"https://hooks.example:{port}/", LOOPBACK) == "ConnectError"

"""A network that floods OCSP and the time stamping authority uses up its own share; others don't notice."""

from collections import Counter
from dataclasses import dataclass

import httpx
import pytest

from mshield.pki.certificates.certificate import Certificate
from mshield.pki.revocation.ocsp import CertId, build_ocsp_request, error_response
from mshield.pki.timestamps.request import TimeStampRequest
from mshield.pki.timestamps.response import rejected, token_of
from mshield.pki.verification.path import check_ocsp
from mshield.server.database.interface import Database
from mshield.server.http.publication.pki import router
from mshield.server.keys.keyring import Keyring
from mshield.server.publication.ocsp import MAX_CACHED
from mshield.server.publication.publisher import Publisher
from mshield.server.settings.settings import Settings
from tests.support.clock import START, Clock
from tests.support.issuing import Ca, make_ca
from tests.support.serving import serving

SHARE = 20
TRY_LATER = error_response("try_later")
FLOODER, NEIGHBOUR, OTHER = "198.51.100.7", "198.51.100.8", "203.0.113.9"


@dataclass(frozen=True)
class _Context:
    publication: Publisher
    clock: Clock


@dataclass(frozen=True)
class _World:
    ca: Ca
    leaf: Certificate
    clock: Clock
    context: _Context
    refused: Counter[str]

    def http(self, address: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(serving(router.routes, self.context), client=(address, 1))
        return httpx.AsyncClient(transport=transport, base_url="http://localhost:8000")

    def request(self, *others: int, nonce: bytes | None = None) -> bytes:
        issuing = self.ca.authorities.issuing.certificate
        serials = (self.leaf.serial, *others)
        return build_ocsp_request([CertId.of(issuing, serial) for serial in serials], nonce=nonce)

    def unknown(self, serial: int) -> bytes:
        return build_ocsp_request([CertId.of(self.ca.authorities.issuing.certificate, serial)], nonce=None)

    async def ocsp(self, address: str, request: bytes) -> bytes:
        async with self.http(address) as http:
            return (await http.post("/pki/ocsp", content=request)).content

    async def stamp(self, address: str, number: int) -> bytes:
        asked = TimeStampRequest(hash="sm3", digest=bytes(32), nonce=number).encode()
        async with self.http(address) as http:
            return (await http.post("/pki/tsa", content=asked)).content

    def is_good(self, response: bytes, *, nonce: bytes | None = None) -> bool:
        if response == TRY_LATER:
            return False
        check_ocsp(
            self.ca.engine,
            certificate=self.leaf,
            issuer=self.ca.authorities.issuing.certificate,
            response=response,
            at=self.clock(),
            nonce=nonce,
        )
        return True


@pytest.fixture
async def world(db: Database, keyring: Keyring, clock: Clock) -> _World:
    settings = Settings.of(tsa_clock="assumed", fresh_answers_per_network=SHARE)
    ca, refused = await make_ca(db, keyring, now=START, settings=settings), Counter[str]()

    def count(operation: str, code: str = "", number: int = 1) -> None:
        refused[f"{operation} {code}"] += number

    publisher = Publisher(db, keyring, ca.engine, settings, ca.authorities, count=count)
    return _World(ca, await ca.certify(now=START), clock, _Context(publisher, clock), refused)


async def test_flood_of_nonces_gets_try_later_and_others_are_served(world: _World) -> None:
    assert world.is_good(await world.ocsp(OTHER, world.request()))  # cached from now on
    answers = [
        await world.ocsp(FLOODER, world.request(nonce=number.to_bytes(16, "big"))) for number in range(50)
    ]
    assert answers.count(TRY_LATER) == 50 - SHARE
    assert world.refused == {"over_share ocsp": 50 - SHARE}
    nonce = b"n" * 16
    assert not world.is_good(await world.ocsp(NEIGHBOUR, world.request(nonce=nonce)), nonce=nonce)
    assert world.is_good(await world.ocsp(OTHER, world.request(nonce=nonce)), nonce=nonce)
    # A cached answer costs nothing, so even the flooding network gets it, also by GET.
    assert world.is_good(await world.ocsp(FLOODER, world.request()))
    world.clock.advance(seconds=10)
    assert world.is_good(await world.ocsp(FLOODER, world.request(nonce=nonce)), nonce=nonce)


async def test_flood_of_unknown_serials_is_bounded_and_displaces_no_cached_answer(world: _World) -> None:
    assert world.is_good(await world.ocsp(OTHER, world.request()))
    answers = [await world.ocsp(FLOODER, world.unknown(10**9 + number)) for number in range(50)]
    assert answers.count(TRY_LATER) == 50 - SHARE
    for number in range(MAX_CACHED + 1):  # as many networks could
        await world.context.publication.ocsp(world.unknown(number + 1), now=START)
    for number in range(SHARE):
        await world.ocsp(OTHER, world.request(nonce=number.to_bytes(16, "big")))
    assert world.is_good(await world.ocsp(OTHER, world.request()))


async def test_each_certificate_of_a_request_counts(world: _World) -> None:
    many = world.request(*range(1, SHARE))
    assert await world.ocsp(FLOODER, many) != TRY_LATER
    assert await world.ocsp(FLOODER, many) == TRY_LATER


async def test_flood_of_time_stamps_is_rejected_and_others_are_stamped(world: _World) -> None:
    answers = [await world.stamp(FLOODER, number) for number in range(50)]
    assert answers.count(rejected("system_failure")) == 50 - SHARE
    assert world.refused == {"over_share time_stamp": 50 - SHARE}
    assert await world.stamp(NEIGHBOUR, 1) == rejected("system_failure")
    assert token_of(await world.stamp(OTHER, 1))
    assert world.is_good(await world.ocsp(FLOODER, world.request(nonce=b"n" * 16)), nonce=b"n" * 16)


async def test_many_networks_are_bounded_together(world: _World) -> None:
    answers = [
        await world.ocsp(f"198.51.{network}.1", world.request(nonce=number.to_bytes(16, "big")))
        for network in range(7)
        for number in range(SHARE)
    ]
    assert answers.count(TRY_LATER) == 2 * SHARE
    share = world.context.publication._shares["ocsp"]
    assert len(share._spent) <= 2 * 5  # counters only of those who were admitted

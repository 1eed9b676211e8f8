"""Time stamps come after the signature, by a job: verified, retried for a day, renewed before their TSA ends."""

import base64
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import ValidationError

from mshield.client.evidence.verify import VerifiedEvidence, read_evidence, verify_evidence
from mshield.pki.asn1 import pem
from mshield.pki.signatures.cms import parse_signed_data
from mshield.pki.timestamps.request import parse_request
from mshield.pki.timestamps.response import granted, rejected
from mshield.pki.timestamps.token import make_token
from mshield.server.authorities.authority import load_authorities
from mshield.server.authorities.chains import Chains
from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.log.open_log import open_log
from mshield.server.log.sequence import sequence
from mshield.server.publication.publisher import Publisher
from mshield.server.requests.checkpoint_stamps import StampCheckpoints
from mshield.server.requests.evidence import MakeEvidence
from mshield.server.requests.result import MakeResult
from mshield.server.requests.time_stamps import StampSignatures
from mshield.server.runtime.external.call import OutsideError
from mshield.server.settings.settings import Settings
from tests.support.clock import START, Clock
from tests.support.signing import World, make_world, tamper
from tests.support.stamped_bundles import HOUSE
from tests.support.tsa import POLICY, Tsa, below, on_p256

DAY: Final = 86_400
URL, URL_P256 = "https://tsa.example/sm2", "https://tsa.example/p256"
SHORT: Final = below(HOUSE, until=START + 40 * DAY * 1000)
LONG, ON_P256 = below(HOUSE), on_p256()


class Signed:
    """A world with a signed and logged document, and outside time stamping authorities with scripted answers."""

    def __init__(self, world: World, settings: Settings, publisher: Publisher, make: MakeEvidence) -> None:
        self.world, self.make, self.request_id = world, make, ""
        self.tsas: dict[str, Tsa] = {URL: LONG, URL_P256: ON_P256}
        self.is_down = False
        self.asked = 0
        self.job = StampSignatures(
            world.db, world.engine, settings.time_stamps, publisher.time_stamps, world.clock, ask=self._ask
        )
        self.log_job = StampCheckpoints(self.job, make.log)
        self.result = MakeResult(world.ask, make.chains, publisher, settings.time_stamps)

    async def _ask(self, url: str, request: bytes) -> bytes:
        self.asked += 1
        if self.is_down:
            raise OutsideError("down")
        parsed = parse_request(request)
        if parsed.policy not in {None, POLICY}:
            return rejected("unaccepted_policy")
        signer = self.tsas[url].signer
        return granted(make_token(signer, parsed, policy=POLICY, serial=self.asked, at=self.world.clock()))

    async def sign(self) -> None:
        asked = await self.world.asked([b"one", b"two"])
        await self.world.sign(await self.world.scan(asked))
        await sequence(self.make.log, now=self.world.clock())
        self.request_id = asked.id

    async def states(self) -> list[str | None]:
        signed = await self.result(self.world.system, self.request_id, now=self.world.clock())
        for document in signed.documents:
            parse_signed_data(base64.b64decode(document.cms_b64 or ""))
        return [document.time_stamp for document in signed.documents]

    async def verified(self, *tsas: Tsa) -> VerifiedEvidence:
        made = await self.make(self.world.system, self.request_id, 0, now=self.world.clock())
        return verify_evidence(
            read_evidence(made.encode()),
            roots=[self.make.chains.authorities.root.der],
            log_keys=[str(self.make.log.key.verifier)],
            tsa_roots=[tsa.root for tsa in tsas],
            at=datetime.fromtimestamp(self.world.clock() / 1000, UTC),
            engine=self.world.engine,
        )


Make = Callable[..., Awaitable[Signed]]


@pytest.fixture
def signed(db: Database, keyring: Keyring, clock: Clock, tmp_path: Path) -> Make:
    roots = tmp_path / "roots.pem"
    roots.write_text("".join(pem.encode("CERTIFICATE", tsa.root) for tsa in (LONG, ON_P256)))

    async def make(**given: Any) -> Signed:
        settings = Settings.of(
            public_origin="https://shield.example", tsa_roots=roots, tsa_clock="assumed", **given
        )
        world = await make_world(db, keyring, clock, settings=settings)
        authorities = await load_authorities(db, keyring, world.engine)
        publisher = Publisher(db, keyring, world.engine, settings, authorities)
        log = await open_log(db, keyring, settings.site, now=clock())
        evidence = MakeEvidence(db, Chains(db, authorities), publisher, log, world.ask.secrets)
        made = Signed(world, settings, publisher, evidence)
        await made.sign()
        return made

    return make


async def test_every_authority_stamps_each_signature_and_the_bundle_names_it(
    signed: Make,
) -> None:
    it = await signed(tsa_url=f"own,{URL},{URL_P256}", tsa_profile="sm2,sm2,p256", tsa_policy=POLICY)
    assert await it.states() == ["pending", "pending"]
    assert await it.verified() == await it.verified()  # the bundle exists before the stamps do
    assert await it.job() == 6
    assert await it.states() == ["done", "done"]
    assert await it.job() == 0
    assert [stamp.by for stamp in (await it.verified()).time_stamps].count("own") == 1
    assert (await it.verified()).time.by == "own"
    assert (await it.verified(LONG)).time.by == "outside"
    assert (await it.verified(ON_P256)).time.at.timestamp() * 1000 == START
    assert it.asked == 4


async def test_grown_log_is_stamped_and_bundles_prove_by_the_first_stamp(signed: Make, clock: Clock) -> None:
    it = await signed(tsa_url=f"own,{URL}")
    assert (await it.verified(LONG)).log_time is None
    it.is_down = True
    assert await it.log_job() == 1  # the service's own authority
    own = await it.verified(LONG)
    it.is_down = False
    clock.advance(seconds=3600)
    assert await it.log_job() == 1  # the other authority is retried, now for the same checkpoint
    assert await it.log_job() == 0
    both = await it.verified(LONG)
    clock.advance(seconds=3600)
    first = it.request_id
    await it.sign()
    second, it.request_id = it.request_id, first
    assert await it.log_job() == 2
    assert own.log_time is not None
    assert both.log_time is not None
    assert (own.log_time.by, both.log_time.by) == ("own", "outside")
    assert round(both.log_time.at.timestamp() * 1000) == START + 3_600_000
    later = await it.verified(LONG)
    assert (later.log_time, later.checkpoint) == (both.log_time, both.checkpoint)
    it.request_id = second
    last = await it.verified(LONG)
    assert last.log_time is not None
    assert round(last.log_time.at.timestamp() * 1000) == START + 7_200_000
    assert last.checkpoint.size > both.checkpoint.size
    # A checkpoint that isn't from this log is ignored.
    await tamper(it.world.db, "UPDATE checkpoint_stamps SET checkpoint = 'x'")
    assert (await it.verified(LONG)).log_time is None


async def test_without_authorities_nothing_is_stamped(signed: Make) -> None:
    it = await signed()
    assert await it.job() == 0
    assert await it.states() == [None, None]
    assert await it.log_job() == 0
    assert (await it.verified()).time.by == "service"


async def test_failing_authority_is_retried_for_a_day_and_a_false_stamp_is_refused(
    signed: Make, clock: Clock
) -> None:
    it = await signed(tsa_url=URL)
    it.is_down = True
    assert await it.job() == 0
    assert await it.job() == 0
    assert it.asked == 2  # not within ten seconds
    clock.advance(seconds=20)
    it.is_down, it.tsas[URL] = False, on_p256()
    assert await it.job() == 0
    assert await it.states() == ["pending", "pending"]
    it.tsas[URL] = LONG
    clock.advance(seconds=60)
    assert await it.job() == 2
    await it.sign()
    it.is_down = True
    for _ in range(60):
        await it.job()
        clock.advance(seconds=1800)
    assert await it.states() == ["failed", "failed"]
    before = it.asked
    assert await it.job() == 0
    assert it.asked == before


async def test_signatures_up_to_a_day_before_the_setting_are_stamped(signed: Make, clock: Clock) -> None:
    it = await signed(tsa_url="own")
    clock.advance(seconds=2 * DAY)
    await it.sign()
    assert await it.job() == 2  # the older two were signed two days ago


async def test_a_stamp_is_renewed_before_its_authority_ends(signed: Make, clock: Clock) -> None:
    it = await signed(tsa_url=URL)
    it.tsas[URL] = SHORT
    assert await it.job() == 2
    assert await it.job.renew(within_ms=30 * DAY * 1000) == 0
    clock.advance(seconds=20 * DAY)
    assert await it.job.renew(within_ms=30 * DAY * 1000) == 2
    assert await it.job.renew(within_ms=30 * DAY * 1000) == 0
    assert await it.job() == 0  # the same authority's certificate ends no later
    it.tsas[URL] = LONG
    clock.advance(seconds=60)
    assert await it.job() == 2
    clock.advance(seconds=25 * DAY)
    first, renewal = (await it.verified(LONG)).time_stamps
    assert (first.renews, first.valid, renewal.renews, renewal.valid) == (None, True, 0, True)
    assert (await it.verified(LONG)).time.at.timestamp() * 1000 == START


def test_settings_without_a_matching_authority_are_refused() -> None:
    for given in (
        {"tsa_url": "http://tsa.example/"},
        {"tsa_url": "own,own"},
        {"tsa_profile": "rsa"},
        {"tsa_url": "own", "tsa_profile": "sm2,p256"},
        {"tsa_policy": "1.2.x"},
        {"tsa_waived": "12"},
    ):
        with pytest.raises(ValidationError):
            Settings.of(**given)

"""Data whose retention ended are erased step by step, and what proves them stays: log, evidence, results."""

import re
from datetime import UTC, datetime
from typing import Final

import pytest

from mshield.client.evidence.verify import verify_evidence
from mshield.client.verification import VerificationError
from mshield.pki.signatures.evidence import Evidence
from mshield.pki.signatures.formats import Format
from mshield.server.authorities.authority import load_authorities
from mshield.server.authorities.chains import Chains
from mshield.server.database.interface import Database
from mshield.server.errors import ClockDoubted, NotFound
from mshield.server.keys.keyring import Keyring
from mshield.server.log.open_log import open_log
from mshield.server.log.sequence import sequence
from mshield.server.log.verify import verify_log
from mshield.server.publication.publisher import Publisher
from mshield.server.requests.document import Document
from mshield.server.requests.errors import ContentErased
from mshield.server.requests.evidence import MakeEvidence
from mshield.server.requests.my_signatures import MySignatures
from mshield.server.requests.result import MakeResult
from mshield.server.retention import sweep
from mshield.server.retention.archive.proofs import Prover
from mshield.server.retention.erase_person import ErasePerson, by_command
from mshield.server.retention.rows import sweep as store
from mshield.server.retention.rules.kinds import Kind
from mshield.server.retention.rules.tables import RETAINED
from mshield.server.runtime.clocks.watch import ClockWatch, unwatched
from mshield.server.settings.settings import SETTING_FIELDS, Settings
from mshield.wire.business import SignedDocumentMessage
from mshield.wire.times import DAY_MS
from tests.support.clock import Clock
from tests.support.schema import SNAPSHOT
from tests.support.second_person import SECOND
from tests.support.signing import PHONE_NUMBER, World, fetch, make_world, tamper

SETTINGS: Final = Settings.of(public_origin="https://shield.example", keep_grace_days=0)
CONTENTS: Final[dict[Format, bytes]] = {"raw": b"one", "cms": b"two", "xml": b"<a>three</a>"}


class Kept:
    """A signed batch, one document per way of signing, and an unanswered request, all in the log."""

    def __init__(self, world: World, evidence: MakeEvidence, result: MakeResult) -> None:
        self.world, self.make, self.make_result = world, evidence, result
        self.watch = unwatched(world.clock)
        self.signed = self.unanswered = ""

    @classmethod
    async def on(cls, db: Database, keyring: Keyring, clock: Clock) -> "Kept":
        world = await make_world(db, keyring, clock)
        authorities = await load_authorities(db, keyring, world.engine)
        publisher = Publisher(db, keyring, world.engine, SETTINGS, authorities)
        log = await open_log(db, keyring, SETTINGS.site, now=clock())
        evidence = MakeEvidence(db, Chains(db, authorities), publisher, log, world.ask.secrets)
        kept = cls(
            world, evidence, MakeResult(world.ask, Chains(db, authorities), publisher, SETTINGS.time_stamps)
        )
        kept.unanswered = await kept.ask("raw")
        kept.signed = await kept.ask(*CONTENTS)
        await world.sign([bytes(row) for row in await kept.taken(kept.signed)])
        await kept.logged()
        return kept

    async def ask(self, *formats: Format) -> str:
        self.asked = await self.world.ask.create(
            self.world.system,
            kind="signature",
            documents=tuple(
                Document(
                    "报关单",
                    "application/xml" if name == "xml" else "text/plain",
                    CONTENTS[name],
                    (),
                    format=name,
                )
                for name in formats
            ),
            pc_address="192.0.2.7",
            pc_browser="Firefox",
            idempotency_key=None,
            body_hash=repr(formats).encode(),
            now=self.world.clock(),
        )
        return self.asked.id

    async def taken(self, _request: str) -> list[bytes]:
        return await self.world.scan(self.asked)

    async def logged(self) -> None:
        await sequence(self.make.log, now=self.world.clock())

    async def later(self, days: float) -> int:
        """Lets time pass; returns how much the job erased, with its acts logged."""
        self.world.clock.advance(seconds=days * 86_400)
        erased = await sweep.erase(self.world.db, SETTINGS, self.watch)
        await self.logged()
        return erased

    async def evidence(self, document: int) -> Evidence:
        return await self.make(self.world.system, self.signed, document, now=self.world.clock())

    async def prover(self) -> Prover:
        """Returns the maker of an archive's proofs."""
        return Prover(self.make.log, (self.make.chains.authorities, self.make.publisher))

    def verify(self, evidence: Evidence, content: bytes | None = None) -> bytes | None:
        return verify_evidence(
            evidence,
            roots=[self.make.chains.authorities.root.der],
            log_keys=[str(self.make.log.key.verifier)],
            content=content,
            at=datetime.fromtimestamp(self.world.clock() / 1000, UTC),
            engine=self.world.engine,
        ).content

    async def result(self) -> list[SignedDocumentMessage]:
        result = await self.make_result(self.world.system, self.signed, now=self.world.clock())
        return [document for document in result.documents if document.state == "signed"]

    async def erased(self) -> bool:
        return {document.content_erased for document in await self.result()} == {True}

    async def findings(self) -> list[tuple[str, str | None]]:
        return [(found.code, found.table) for found in (await verify_log(self.make.log)).findings]


@pytest.fixture
async def kept(db: Database, keyring: Keyring, clock: Clock) -> Kept:
    return await Kept.on(db, keyring, clock)


def test_every_table_of_the_schema_is_in_the_policy_once() -> None:
    tables = re.findall(r'^CREATE TABLE "?(\w+)', SNAPSHOT.read_text("utf-8"), re.MULTILINE)
    listed = [table for row in RETAINED for table in row.tables]
    assert sorted(listed) == sorted(tables)
    assert {kind for row in RETAINED for kind in row.kinds} == set(Kind)
    fields = {name for row in RETAINED for name in re.findall(r"\{(\w+)\}", row.how_long)}
    assert {f"keep_{name}" for name in fields} <= SETTING_FIELDS.keys()


async def test_nothing_is_erased_before_its_time_nor_in_the_days_of_grace(kept: Kept) -> None:
    assert await kept.later(7) == 0
    graced = SETTINGS.changed(keep_grace_days=7)
    await tamper(kept.world.db, "DELETE FROM retention")
    kept.world.clock.advance(seconds=100 * 86_400)
    assert await sweep.erase(kept.world.db, graced, kept.watch) == 0
    foreseen = {one.kind: one for one in await sweep.preview(kept.world.db, graced, now=kept.world.clock())}
    due = foreseen[Kind.CONTENTS].due
    assert due is not None
    assert (due.rows, due.octets) == (3, sum(map(len, CONTENTS.values())))
    assert (foreseen[Kind.UNANSWERED].due, foreseen[Kind.PERSONAL].due) == (store.Due(1, 0), store.Due(0, 0))
    assert foreseen[Kind.CONTENTS].begins_at == kept.world.clock() + 7 * DAY_MS
    kept.world.clock.advance(seconds=7 * 86_400)
    assert await sweep.erase(kept.world.db, graced, kept.watch) > 0


async def test_unanswered_request_is_erased_and_the_signed_one_kept(kept: Kept) -> None:
    assert await kept.later(10) >= 1
    with pytest.raises(NotFound):
        await kept.world.ask.state(kept.world.system, kept.unanswered, now=kept.world.clock())
    assert [document.content_erased for document in await kept.result()] == [False] * 3
    assert await kept.findings() == []


async def test_contents_are_erased_and_their_proof_kept(kept: Kept) -> None:
    before = [await kept.evidence(place) for place in range(3)]
    whole = await kept.result()
    assert await kept.later(33) >= 3
    row = await fetch(kept.world.db, "SELECT COUNT(*) AS n FROM tasks WHERE content IS NOT NULL")
    assert row["n"] == 0
    # The log, the seals and the acts are consistent.
    assert await kept.findings() == []
    # Evidence without the content still verifies: with attributes by itself, `raw` with the file beside it.
    raw, attributes = await kept.evidence(0), await kept.evidence(1)
    assert (raw.document.content, raw.document.size) == (None, 3)
    assert raw.document.digest_sm3 == before[0].document.digest_sm3
    assert raw.log.entry == before[0].log.entry
    assert kept.verify(raw, b"one") == b"one"
    with pytest.raises(VerificationError):
        kept.verify(raw)
    with pytest.raises(VerificationError):
        kept.verify(raw, b"two")
    assert kept.verify(attributes) is None
    with pytest.raises(ContentErased):
        await kept.evidence(2)
    # The result states the erasure, and has the same signatures.
    erased = await kept.result()
    assert [document.content_erased for document in erased] == [True] * 3
    assert [document.signature_b64 for document in erased] == [document.signature_b64 for document in whole]
    assert (erased[0].message_b64, erased[2].file_b64) == (None, None)
    # The phone's list is unchanged.
    login = await kept.world.login()
    page = await MySignatures(kept.world.db).page(
        login, before=None, words=None, kind=None, limit=9, now=kept.world.clock()
    )
    for line in page.items:
        shown = await MySignatures(kept.world.db).one(login, bytes.fromhex(line.sid), now=kept.world.clock())
        assert shown.content_digest.hex() in {one.document.digest_sm3 for one in before}
    assert await kept.later(0) == 0


async def test_content_of_a_late_fetched_result_is_kept_twice_as_long(kept: Kept) -> None:
    kept.world.clock.advance(seconds=20 * 86_400)
    await kept.result()
    await kept.later(13)
    await kept.later(28)
    assert not await kept.erased()
    await kept.later(3)
    assert await kept.erased()
    assert await kept.findings() == []


async def test_personal_data_of_a_request_are_erased_after_half_a_year(kept: Kept) -> None:
    sql = "SELECT pc_address, pc_browser FROM requests WHERE state = 'signed'"
    await kept.later(170)
    assert (await fetch(kept.world.db, sql))["pc_address"] == "192.0.2.7"
    await kept.later(13)
    assert set((await fetch(kept.world.db, sql)).values()) == {None}
    assert await kept.findings() == []


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (
            "UPDATE tasks SET message = $1, size = 3, erased_at = 1 WHERE format = 'raw' AND state = 'signed'",
            {("seal_broken", "tasks"), ("content_gone", "tasks")},
        ),
        (
            "UPDATE tasks SET content = NULL, size = 3, erased_at = 1 WHERE format = 'cms' OR message = $1",
            {("content_gone", "tasks")},
        ),
        (
            "UPDATE tasks SET content = NULL, size = LENGTH(content) WHERE format = 'xml' OR message = $1",
            {("content_gone", "tasks")},
        ),
    ],
)
async def test_early_manual_erasure_is_detected(
    kept: Kept, statement: str, found: set[tuple[str, str | None]]
) -> None:
    await tamper(kept.world.db, statement, b"")
    assert set(await kept.findings()) == found


async def test_a_person_with_a_certificate_has_contents_erased_and_signatures_kept(kept: Kept) -> None:
    world = kept.world
    person = ErasePerson(world.db, world.keyring, world.lookup)
    account = await person.find(PHONE_NUMBER)
    world.clock.advance(seconds=2 * 3600)
    order = by_command(second_person=SECOND, reason="来信 2026-7")
    done = await person(account, order, now=world.clock())
    assert not await kept.erased()  # its business system has a day to fetch them
    world.clock.advance(seconds=2 * 86_400)
    assert await person.continue_erasures(now=world.clock()) == len(CONTENTS)
    assert {part.name: part.rows for part in done.erased}["contents"] == len(CONTENTS)
    assert {part.name for part in done.kept} == {"certificates", "filing", "acts"}
    await kept.logged()
    assert await kept.erased()
    assert await kept.findings() == []
    assert kept.verify(await kept.evidence(0), b"one") == b"one"
    assert await person.find(PHONE_NUMBER) == account


async def test_erasure_pauses_while_the_clock_is_in_doubt_and_resumes(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST", 1)
    await kept.later(1)
    kept.world.clock.advance(seconds=40 * 86_400)
    looks = 0

    class Doubtful(ClockWatch):
        def require_sure(self) -> None:
            nonlocal looks
            looks += 1
            if looks > 2:
                raise ClockDoubted

    doubtful = Doubtful(kept.world.clock, kept.world.clock)
    with pytest.raises(ClockDoubted):
        await sweep.erase(kept.world.db, SETTINGS, doubtful)
    place = (await fetch(kept.world.db, "SELECT place FROM retention WHERE kind = 'contents'"))["place"]
    assert place == kept.unanswered  # the first of the two, not the second
    gone = "SELECT COUNT(*) AS n FROM tasks WHERE erased_at IS NOT NULL"
    assert (await fetch(kept.world.db, gone))["n"] == 0
    await kept.later(0)
    assert await kept.erased()

"""The evidence bundle made by the service verifies, on each database."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from mshield.client.evidence.verify import VerifiedEvidence, read_evidence, verify_evidence
from mshield.client.verification import VerificationError
from mshield.gm.cosign import FinishItem
from mshield.pki.signatures.display import Confirmed, Pages
from mshield.pki.signatures.evidence import Evidence
from mshield.pki.signatures.stored_display import read_display
from mshield.pki.tlog.entry import Holder
from mshield.server.authorities.authority import load_authorities
from mshield.server.authorities.chains import Chains
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database, SealBroken
from mshield.server.errors import NotFound
from mshield.server.keys.keyring import Keyring
from mshield.server.log.open_log import open_log
from mshield.server.log.sequence import sequence
from mshield.server.log.verify import verify_log
from mshield.server.publication.publisher import Publisher
from mshield.server.requests.errors import NotLoggedYet, NotSigned
from mshield.server.requests.evidence import MakeEvidence
from mshield.server.settings.settings import Settings
from mshield.server.signing.documents import Shown
from mshield.server.signing.errors import Malformed
from mshield.server.signing.finish import FinishRequest
from mshield.server.values.names import mask_id_number
from tests.support.clock import Clock
from tests.support.issuing import change
from tests.support.signing import ID_NUMBER, World, fetch, make_world, tamper


class Signed:
    """A world with two signed documents and the service that makes their evidence."""

    def __init__(self, world: World, make: MakeEvidence, request_id: str) -> None:
        self.world, self.make, self.request_id = world, make, request_id

    @classmethod
    async def on(cls, db: Database, keyring: Keyring, clock: Clock) -> "Signed":
        world = await make_world(db, keyring, clock)
        settings = Settings.of(public_origin="https://shield.example")
        authorities = await load_authorities(db, keyring, world.engine)
        publisher = Publisher(db, keyring, world.engine, settings, authorities)
        log = await open_log(db, keyring, settings.site, now=clock())
        asked = await world.asked([b"one", b"two"])
        await world.sign(await world.scan(asked))
        return cls(
            world, MakeEvidence(db, Chains(db, authorities), publisher, log, world.ask.secrets), asked.id
        )

    async def logged(self) -> None:
        """Sequences the log, like the job that runs once a second."""
        await sequence(self.make.log, now=self.world.clock())

    async def evidence(self, document: int = 0) -> Evidence:
        made = await self.make(self.world.system, self.request_id, document, now=self.world.clock())
        return read_evidence(made.encode())

    def verified(self, evidence: Evidence) -> VerifiedEvidence:
        return verify_evidence(
            evidence,
            roots=[self.make.chains.authorities.root.der],
            log_keys=[str(self.make.log.key.verifier)],
            at=datetime.fromtimestamp(self.world.clock() / 1000, UTC),
            engine=self.world.engine,
        )


@pytest.fixture
async def signed(db: Database, keyring: Keyring, clock: Clock) -> Signed:
    return await Signed.on(db, keyring, clock)


async def test_each_document_has_its_own_bundle(signed: Signed) -> None:
    await signed.logged()
    for place, content in enumerate((b"one", b"two")):
        found = signed.verified(await signed.evidence(place))
        assert found.content == content
        assert found.signature.credit_code == "91330206MA2XB7C1TW"
        assert found.evidence.request.business_system.domain == "singlewindow.example"


async def test_log_records_the_holders_shield(signed: Signed) -> None:
    await signed.logged()
    holder = signed.verified(await signed.evidence()).holder
    row = await fetch(signed.world.db, "SELECT shield_number FROM certificates")
    assert holder == Holder(str(row["shield_number"]), mask_id_number(ID_NUMBER))
    other = "UPDATE signatures SET id_number_masked = '110101********0011' WHERE shield_number IS NOT NULL"
    await tamper(signed.world.db, other)
    assert [each.code for each in (await verify_log(signed.make.log)).findings] == ["row_changed"] * 2
    with pytest.raises(VerificationError):
        signed.verified(await signed.evidence())


@pytest.mark.parametrize(
    "emptied",
    ["shown = NULL", "shown = NULL, confirmed = NULL", "shield_number = NULL", "request_id = NULL"],
)
async def test_emptied_column_of_a_logged_signature_is_found(signed: Signed, emptied: str) -> None:
    """No column says which others the entry covers, so emptying one never makes the entry cover less."""
    await signed.logged()
    await tamper(signed.world.db, f"UPDATE signatures SET {emptied} WHERE request_id IS NOT NULL")  # noqa: S608  # the case's own columns
    assert [each.code for each in (await verify_log(signed.make.log)).findings] == ["row_changed"] * 2


@pytest.mark.parametrize(
    ("confirmed", "pages"),
    [
        ("unread", Pages(5, ((1, 2), (4, 4)))),
        ("none", Pages(5, ((1, 2),))),
        ("unread", Pages(5, ((1, 5),))),
        ("unread", Pages(5, ((4, 4), (1, 2)))),
        ("unread", Pages(5, ((5, 6),))),
    ],
)
async def test_displayed_pages_are_accepted_in_one_form_only(
    signed: Signed, confirmed: Confirmed, pages: Pages
) -> None:
    world = signed.world
    asked = await world.asked([b"pages"])
    (sid,) = await world.scan(asked)
    bound = read_display(
        str((await fetch(world.db, "SELECT display FROM tasks WHERE sid = $1", sid))["display"])
    ).bound
    assert bound is not None
    nonces = await world.commit([sid])
    partials = world.partials(nonces, await world.open(nonces))
    items = tuple(FinishItem(each.sid, each.Q1, each.rho, each.s_prime) for each in partials)
    shown = {sid: Shown(confirmed, bound.shown(confirmed, pages), pages)}
    finish = world.finishing(
        world.phone.caller, world.phone.uid, FinishRequest(items, None, shown), now=world.clock()
    )
    if confirmed == "none" or not pages.is_of_form:
        with pytest.raises(Malformed):
            await finish
        return
    await finish
    await signed.logged()
    signed.request_id = asked.id
    assert signed.verified(await signed.evidence()).shown.pages == pages
    assert (await verify_log(signed.make.log)).findings == []


async def test_another_documents_proof_does_not_pass(signed: Signed) -> None:
    await signed.logged()
    one, two = await signed.evidence(0), await signed.evidence(1)
    with pytest.raises(VerificationError) as error:
        signed.verified(msgspec.structs.replace(one, log=two.log))
    assert (error.value.step, error.value.code) == ("log", "bad_log_proof")


async def test_there_is_no_evidence_until_signed_and_logged(signed: Signed) -> None:
    with pytest.raises(NotLoggedYet) as error:
        await signed.evidence()
    assert error.value.extra == {"retry_after": 1}
    with pytest.raises(NotFound):
        await signed.evidence(2)
    waiting = await signed.world.asked([b"three"])
    signed.request_id = waiting.id
    with pytest.raises(NotSigned):
        await signed.evidence()


async def test_a_status_from_before_the_signature_is_not_used_again(signed: Signed) -> None:
    world = signed.world
    await signed.logged()
    before = await signed.evidence()
    world.clock.advance(seconds=5)
    asked = await world.asked([b"later"])
    await world.sign(await world.scan(asked))
    signed.request_id = asked.id
    await signed.logged()
    after = await signed.evidence()
    assert after.status.ocsp != before.status.ocsp
    assert signed.verified(after).status_at == datetime.fromtimestamp(world.clock() // 1000, UTC)
    assert (await signed.evidence()).status == after.status


async def test_evidence_outlives_the_certificate(signed: Signed) -> None:
    await signed.logged()
    serial = f"{signed.verified(await signed.evidence()).signature.serial:040x}"
    signed.world.clock.advance(seconds=3600)
    await change(signed.world.db, serial, CertificateEvent.REVOKE, now=signed.world.clock(), reason=1)
    found = signed.verified(await signed.evidence())
    assert found.later is not None
    assert (found.later.at, found.later.reason) == (signed.world.clock() // 1000 * 1000, 1)


async def test_another_business_system_finds_nothing(signed: Signed) -> None:
    await signed.logged()
    other = replace(signed.world.system, client_id="other")
    with pytest.raises(NotFound):
        await signed.make(other, signed.request_id, 0, now=signed.world.clock())


async def test_a_login_has_its_bundle_too(signed: Signed) -> None:
    world = signed.world
    asked = await world.ask.create(
        world.system,
        kind="login",
        documents=(),
        pc_address=None,
        pc_browser=None,
        idempotency_key=None,
        body_hash=b"",
        now=world.clock(),
    )
    await world.sign(await world.scan(asked))
    signed.request_id = asked.id
    await signed.logged()
    found = signed.verified(await signed.evidence())
    assert found.evidence.request.kind == "login"
    assert found.evidence.document.title == "登录 单一窗口"
    with pytest.raises(VerificationError, match="bad_log_proof"):
        signed.verified(_forged(found.evidence, title="登录 别处"))


def _forged(evidence: Evidence, **changes: Any) -> Evidence:
    return msgspec.structs.replace(evidence, document=msgspec.structs.replace(evidence.document, **changes))


async def test_log_records_the_requester_and_the_display(signed: Signed) -> None:
    await signed.logged()
    evidence = await signed.evidence()
    assert evidence.document.format == "raw"
    signed.verified(evidence)
    forged = [_forged(evidence, title="另一份"), _forged(evidence, media_type="text/csv")]
    system = msgspec.structs.replace(evidence.request.business_system, name="另一个系统")
    request = msgspec.structs.replace(evidence.request, business_system=system)
    for each in (*forged, msgspec.structs.replace(evidence, request=request)):
        with pytest.raises(VerificationError, match="bad_log_proof"):
            signed.verified(each)


async def test_changed_title_or_requester_contradicts_the_log_entry(signed: Signed) -> None:
    await signed.logged()
    db, sid = signed.world.db, bytes.fromhex((await signed.evidence()).document.sid)
    line = '[{"label":"a","value":"b"}]'
    for table, column, value, where in (
        ("tasks", "title", "另一份", "sid"),
        ("tasks", "media_type", "text/csv", "sid"),
        ("tasks", "display", line, "sid"),
        ("requests", "asker_name", "另一个系统", "id"),
        ("requests", "asker_domain", "other.example", "id"),
    ):
        key = sid if where == "sid" else signed.request_id
        was = (await fetch(db, f"SELECT {column} AS was FROM {table} WHERE {where} = $1", key))["was"]  # noqa: S608  # the case's own names
        for text in (value, was):
            await tamper(db, f"UPDATE {table} SET {column} = $1 WHERE {where} = $2", text, key)  # noqa: S608  # the case's own names
            found = [each.code for each in (await verify_log(signed.make.log)).findings]
            assert ("row_changed" in found) == (text != was), (column, found)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE tasks SET title = 'x'",
        "UPDATE tasks SET display = '[]'",
        "UPDATE requests SET asker_name = 'x'",
        "UPDATE signatures SET key_version = 99",
        "UPDATE certificates SET common_name = 'x'",
        "UPDATE tasks SET seal = NULL",
    ],
)
async def test_no_evidence_is_made_of_a_changed_row(signed: Signed, change: str) -> None:
    await signed.logged()
    await tamper(signed.world.db, change)
    with pytest.raises(SealBroken):
        await signed.evidence()

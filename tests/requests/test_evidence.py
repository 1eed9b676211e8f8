"""The bundle of evidence as the service makes it is one that verifies, on each database."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from mshield.client.evidence import VerifiedEvidence, read_evidence, verify_evidence
from mshield.client.verify import VerificationError
from mshield.domain import errors
from mshield.domain.certificates.states import CertificateEvent
from mshield.domain.identity import mask_id_number
from mshield.gm.cosign import FinishItem
from mshield.keys.authority import load_authorities
from mshield.keys.keyring import Keyring
from mshield.pki.signatures.display import Confirmed, Pages
from mshield.pki.signatures.evidence import Evidence
from mshield.pki.signatures.kept_display import read_display
from mshield.pki.tlog.entry import Holder
from mshield.services.log.open_log import open_log
from mshield.services.log.sequence import sequence
from mshield.services.log.verify import verify_log
from mshield.services.publication.publisher import Publisher
from mshield.services.requests.evidence import MakeEvidence
from mshield.services.signing.finish import FinishRequest
from mshield.services.signing.shown import Shown
from mshield.settings import Settings
from mshield.store.database.interface import Database
from tests.support.clock import Clock
from tests.support.issuing import change
from tests.support.signing import ID_NUMBER, World, fetch, make_world, tamper


class Signed:
    """A world in which two documents were signed, with what makes evidence of them."""

    def __init__(self, world: World, make: MakeEvidence, request_id: str) -> None:
        self.world, self.make, self.request_id = world, make, request_id

    @classmethod
    async def on(cls, db: Database, keyring: Keyring, clock: Clock) -> "Signed":
        world = await make_world(db, keyring, clock)
        settings = Settings(public_origin="https://shield.example")
        authorities = await load_authorities(db, keyring, world.engine)
        publisher = Publisher(db, keyring, world.engine, settings, authorities)
        log = await open_log(db, keyring, settings, now=clock())
        asked = await world.asked([b"one", b"two"])
        await world.sign(await world.scan(asked))
        return cls(world, MakeEvidence(db, authorities, publisher, log, world.ask.secrets), asked.id)

    async def logged(self) -> None:
        """What the job does once a second."""
        await sequence(self.make.log, now=self.world.clock())

    async def evidence(self, document: int = 0) -> Evidence:
        made = await self.make(self.world.system, self.request_id, document, now=self.world.clock())
        return read_evidence(made.encode())

    def verified(self, evidence: Evidence) -> VerifiedEvidence:
        return verify_evidence(
            evidence,
            roots=[self.make.authorities.root.der],
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


async def test_whose_shield_it_was_stands_in_the_log(signed: Signed) -> None:
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
    ("confirmed", "pages"),
    [
        ("unread", Pages(5, ((1, 2), (4, 4)))),
        ("none", Pages(5, ((1, 2),))),
        ("unread", Pages(5, ((1, 5),))),
        ("unread", Pages(5, ((4, 4), (1, 2)))),
        ("unread", Pages(5, ((5, 6),))),
    ],
)
async def test_pages_on_the_screen_are_taken_in_one_form(
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
        with pytest.raises(errors.Malformed):
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


async def test_there_is_none_until_it_is_signed_and_logged(signed: Signed) -> None:
    with pytest.raises(errors.NotLoggedYet) as error:
        await signed.evidence()
    assert error.value.extra == {"retry_after": 1}
    with pytest.raises(errors.NotFound):
        await signed.evidence(2)
    waiting = await signed.world.asked([b"three"])
    signed.request_id = waiting.id
    with pytest.raises(errors.NotSigned):
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
    with pytest.raises(errors.NotFound):
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
        body=b"",
        now=world.clock(),
    )
    await world.sign(await world.scan(asked))
    signed.request_id = asked.id
    await signed.logged()
    found = signed.verified(await signed.evidence())
    assert found.evidence.request.kind == "login"
    assert found.evidence.document.title == "登录 单一窗口"
    assert found.asked_logged
    with pytest.raises(VerificationError, match="bad_log_proof"):
        signed.verified(_forged(found.evidence, title="登录 别处"))


def _forged(evidence: Evidence, **changes: Any) -> Evidence:
    return msgspec.structs.replace(evidence, document=msgspec.structs.replace(evidence.document, **changes))


async def test_the_log_tells_who_asked_and_what_was_to_be_shown(signed: Signed) -> None:
    await signed.logged()
    evidence = await signed.evidence()
    assert (evidence.document.format, signed.verified(evidence).asked_logged) == ("raw", True)
    forged = [_forged(evidence, title="另一份"), _forged(evidence, media_type="text/csv")]
    system = msgspec.structs.replace(evidence.request.business_system, name="另一个系统")
    request = msgspec.structs.replace(evidence.request, business_system=system)
    for each in (*forged, msgspec.structs.replace(evidence, request=request)):
        with pytest.raises(VerificationError, match="bad_log_proof"):
            signed.verified(each)


async def test_what_was_signed_before_the_upgrade_is_as_it_was(signed: Signed) -> None:
    await tamper(
        signed.world.db,
        "UPDATE signatures SET row_form = 1, shown = NULL, confirmed = NULL, shield_number = NULL,"
        " id_number_masked = NULL",
    )
    await signed.logged()
    evidence = await signed.evidence()
    assert evidence.holder is msgspec.UNSET
    found = signed.verified(_forged(evidence, title="另一份"))  # the service's word
    assert (found.asked_logged, (await verify_log(signed.make.log)).findings) == (False, [])


async def test_a_title_or_an_asker_changed_after_the_signature_is_not_its_entrys(signed: Signed) -> None:
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

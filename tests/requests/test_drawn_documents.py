"""A document with a view: refused or rendered at once, bound, reported by the phone, rendered again to verify."""

import base64
import json
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from mshield.gm import cosign
from mshield.gm.sm3 import sm3
from mshield.pki.signatures.stored_display import read_display
from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.requests.document import Document, RequestedView
from mshield.server.signing.documents import Shown
from mshield.server.signing.errors import ConfirmationMissing, Malformed
from mshield.server.signing.finish import FinishRequest
from mshield.server.systems.view_drafts import SubmittedView, ViewFile
from mshield.server.systems.views import register_view, withdraw_view
from mshield.views import draw, read_view
from tests.requests.test_evidence import Signed
from tests.support.application import Application, Device
from tests.support.clock import Clock
from tests.support.factories import REQUESTS
from tests.support.second_person import SECOND
from tests.support.signing import World, fetch, shown_of
from tests.support.small_view import CONTENT, VIEW_ID, small_view

VIEW: Final = read_view(small_view())
DRAWN: Final = draw(VIEW, CONTENT)
NAMED: Final = {"id": VIEW_ID}


async def register(db: Database, client_id: str, version: int = 1, *, now: int) -> None:
    files = SubmittedView(small_view(version), (ViewFile("订单.json", CONTENT),))
    await register_view(db, client_id, files, second_person=SECOND, now=now)


def message(content: bytes = CONTENT, **more: Any) -> dict[str, Any]:
    document = {
        "title": "订单",
        "media_type": "application/json",
        "content_b64": base64.b64encode(content).decode(),
        "format": "cms",
    }
    return document | more


async def test_content_with_a_view_is_rendered_or_refused(application: Application) -> None:
    db, clock, client_id = application.context.db, application.clock, application.client_id

    async def ask(*documents: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        body = {"kind": "signature", "documents": list(documents)}
        answer = await application.business("POST", REQUESTS, body)
        return answer.status_code, answer.json()

    assert (await ask(message(view=NAMED)))[1]["code"] == "invalid_request"
    assert (await ask(message()))[0] == 201
    await register(db, client_id, now=clock())
    other = message(b"<other/>", media_type="application/xml")
    status, refused = await ask(other, message(media_type="text/plain"))
    assert (status, refused["code"], refused["place"], refused["view"]) == (422, "view_required", 1, VIEW_ID)
    status, refused = await ask(other, message(b'{"number":"1"}', view=NAMED))
    assert (status, refused["code"], refused["place"]) == (422, "view_failed", 1)
    assert (refused["error"], refused["at"]) == ("missing", "/body/0/rows/1")
    for view in ({"id": "other"}, {"id": VIEW_ID, "version": 2}, {"id": VIEW_ID, "version": 0}):
        assert (await ask(message(view=view)))[1]["code"] == "invalid_request"
    elsewhere = {"format": "cms_detached", "digest_sm3": "00" * 32, "size": 1, "view": NAMED}
    del (without := message() | elsewhere)["content_b64"]
    assert (await ask(without))[1]["code"] == "invalid_request"
    assert (await ask(message(view=NAMED), message(view={"id": VIEW_ID, "version": 1})))[0] == 201
    await register(db, client_id, 2, now=clock())
    status, refused = await ask(message(view=NAMED), message(view={"id": VIEW_ID, "version": 1}))
    assert (status, refused["code"]) == (422, "view_outdated")
    assert (refused["place"], refused["version"]) == (1, 2)
    await withdraw_view(db, client_id, VIEW_ID, 1, reason="旧", now=clock())
    assert (await ask(message(view={"id": VIEW_ID, "version": 1})))[1]["code"] == "invalid_request"
    assert (await ask(message(view=NAMED)))[0] == 201


async def test_rendering_of_outdated_views_is_never_stored(application: Application) -> None:
    """This process gets no event of a change, like one made by another process, and still caches the earlier views."""
    db, client_id, now = application.context.db, application.client_id, application.clock()

    async def ask(**more: Any) -> tuple[int, dict[str, Any]]:
        body = {"kind": "signature", "documents": [message(**more)]}
        answer = await application.business("POST", REQUESTS, body)
        return answer.status_code, answer.json()

    async def version() -> int:
        row = await fetch(db, "SELECT display FROM tasks ORDER BY created_at DESC, sid LIMIT 1")
        view = read_display(str(row["display"])).view
        return 0 if view is None else view.version

    assert ((await ask())[0], await version()) == (201, 0)
    await register(db, client_id, now=now)
    assert (await ask())[1]["code"] == "view_required"
    application.clock.advance(seconds=1)
    assert ((await ask(view=NAMED))[0], await version()) == (201, 1)
    await register(db, client_id, 2, now=now)
    application.clock.advance(seconds=1)
    assert ((await ask(view=NAMED))[0], await version()) == (201, 2)
    await withdraw_view(db, client_id, VIEW_ID, 2, reason="错", now=now)
    assert (await ask(view={"id": VIEW_ID, "version": 2}))[1]["code"] == "invalid_request"
    application.clock.advance(seconds=1)
    assert (await ask(view=NAMED))[1]["code"] == "invalid_request"
    refused = (await ask(view={"id": VIEW_ID, "version": 1}))[1]
    assert (refused["code"], refused["version"]) == ("view_outdated", None)
    application.clock.advance(seconds=1)
    assert ((await ask())[0], await version()) == (201, 0)


class Drawn:
    """A signed request for one document with a view; the business system's description gives another number."""

    def __init__(self, signed: Signed) -> None:
        self.signed, self.world, self.db = signed, signed.world, signed.world.db
        self.sids: list[bytes] = []

    async def asked(self) -> None:
        world = self.world
        await register(self.db, world.system.client_id, now=world.clock())
        document = Document(
            "订单",
            "application/json",
            CONTENT,
            (("订单号", "另一个"),),
            format="cms",
            view=RequestedView(VIEW_ID),
        )
        await self.ask(document)

    async def ask(self, document: Document) -> None:
        """Has a phone take a request for this document."""
        world = self.world
        made = await world.ask.create(
            world.system,
            kind="signature",
            documents=(document,),
            pc_address=None,
            pc_browser=None,
            idempotency_key=None,
            body_hash=b"",
            now=world.clock(),
        )
        self.signed.request_id = made.id
        self.sids = await world.scan(made)

    async def finish(self, shown: dict[bytes, Shown]) -> None:
        world = self.world
        nonces = await world.commit(self.sids)
        partials = world.partials(nonces, await world.open(nonces))
        items = tuple(cosign.FinishItem(each.sid, each.Q1, each.rho, each.s_prime) for each in partials)
        request = FinishRequest(items, None, shown)
        answer = await world.finishing(world.phone.caller, world.phone.uid, request, now=world.clock())
        world.accept(json.loads(answer))


@pytest.fixture
async def drawn(db: Database, keyring: Keyring, clock: Clock) -> Drawn:
    made = Drawn(await Signed.on(db, keyring, clock))
    await made.asked()
    return made


async def tries(world: World) -> object:
    return (await fetch(world.db, "SELECT failures FROM keys WHERE uid = $1", world.phone.uid))["failures"]


async def test_phone_reports_its_display_and_evidence_renders_it_again(drawn: Drawn) -> None:
    """A digest other than the service's, or none, is refused before anything is counted."""
    (sid,) = drawn.sids
    row = await fetch(drawn.db, "SELECT display FROM tasks WHERE sid = $1", sid)
    display = read_display(str(row["display"]))
    assert display.bound is not None
    assert (display.view and display.view.digest, display.bound.drawing.drawn) == (VIEW.digest, DRAWN.digest)
    good = (await shown_of(drawn.db, drawn.sids))[sid]
    for told in ({}, {sid: Shown("none", bytes(32))}, {sid: Shown("unread", good.digest)}):
        with pytest.raises(Malformed):
            await drawn.finish(told)
    for silent in ("none", "unread"):  # like a phone that showed no warning
        with pytest.raises(ConfirmationMissing) as missing:
            await drawn.finish({sid: Shown(silent, display.bound.shown(silent))})
        assert missing.value.extra == {"confirm": "mismatch", "sid": sid.hex()}
    assert await tries(drawn.world) == 0
    await drawn.finish({sid: Shown("mismatch", display.bound.shown("mismatch"))})
    result = await drawn.world.ask.result(drawn.world.system, drawn.signed.request_id)
    (document,) = result.signed
    assert (document.confirmed, document.shown) == ("mismatch", display.bound.shown("mismatch"))
    await drawn.signed.logged()
    found = drawn.signed.verified(await drawn.signed.evidence())
    assert found.shown.drawn is not None
    assert found.shown.compared is not None
    assert (found.shown.drawn.digest, found.shown.compared.mismatch) == (DRAWN.digest, True)
    assert (found.shown.confirmed, found.shown.is_lost) == ("mismatch", False)
    registered = await fetch(drawn.db, "SELECT at FROM views WHERE digest = $1", VIEW.digest)
    assert found.view_registered_at == datetime.fromtimestamp(int(str(registered["at"])) / 1000, UTC)


async def test_any_phone_gets_the_octets_of_a_view(application: Application, device: Device) -> None:
    db, clock = application.context.db, application.clock
    await register(db, application.client_id, now=clock())
    octets = await device.call("GET", f"/api/phone/views/{VIEW.digest.hex()}")
    assert (octets.status_code, octets.content) == (200, VIEW.octets)
    assert sm3(octets.content) == VIEW.digest
    assert (await device.call("GET", f"/api/phone/views/{'00' * 32}")).json()["code"] == "not_found"
    assert (await device.call("GET", "/api/phone/views/x")).status_code == 422

"""A phone and its service without HTTP: a filed operator, account and device, and a key from a real enrolment.

The phone keeps its share in memory; a wrong PIN gives another share, as on a real phone.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from mshield.gm import cosign, sm2
from mshield.gm.engine import Engine, load_engine
from mshield.pki.certificates import csr
from mshield.pki.signatures.stored_display import read_display
from mshield.server.accounts.session import Caller, PhoneLogin, authenticate_phone
from mshield.server.authorities.authority import load_authorities
from mshield.server.authorities.chains import Chains
from mshield.server.ca.init import CaNames, init_ca
from mshield.server.certificates.certificate import Certificates
from mshield.server.certificates.enrol import Enrol
from mshield.server.certificates.issue import Issue
from mshield.server.certificates.local_authority import LocalAuthority
from mshield.server.database.interface import Database
from mshield.server.database.queries import Query, Statement
from mshield.server.identity.consents import Consents
from mshield.server.identity.proofs import Proofs
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey, load_lookup_key
from mshield.server.notices.push import Push
from mshield.server.requests.answer import Answer
from mshield.server.requests.ask import Ask, CreatedRequest
from mshield.server.requests.document import Document
from mshield.server.requests.drawing import DrawDocuments
from mshield.server.requests.prepare import PreparePdfs
from mshield.server.requests.secrets import RequestSecrets
from mshield.server.runtime.events import Events
from mshield.server.settings.settings import Settings
from mshield.server.signing.documents import Shown
from mshield.server.signing.finish import FinishRequest, FinishSigning
from mshield.server.signing.internal_tasks import AskInternally, InternalPurpose
from mshield.server.signing.open import Opened, OpenItem, OpenRequest, OpenSigning
from mshield.server.systems.rows.systems import BusinessSystem
from mshield.wire.phone.enrolment import ApplicantMessage
from mshield.wire.tokens import token_hash
from tests.support.clock import Clock
from tests.support.return_url import RETURN_URL
from tests.support.seals import seal_all

NAME = "林知远"
ID_NUMBER = "330206199001014217"
CREDIT_CODE = "91330206MA2XB7C1TW"
PHONE_NUMBER = "13800006027"
CODE = "048213"
"""An SMS code."""

WRONG_SHARE = 12345


def statement(sql: str) -> Query:
    """Makes a test's own statement; parameters `$1`, `$2` are named p1, p2."""
    count = sql.count("$")
    names = tuple(f"p{number + 1}" for number in range(count))
    return Query("test", Statement(sql, names), Statement(sql.replace("$", "?"), names))


_EVENT: Final = """INSERT INTO certificate_events (id, serial, event, actor, reason, state, holds, at)
  SELECT '01fffffff-' || c.serial || (SELECT COUNT(*) FROM certificate_events n WHERE n.serial = c.serial), c.serial,
    'freeze', 'service', 'test', c.state, c.holds, c.changed_at
  FROM certificates c WHERE c.state || ' ' || c.holds <> (SELECT e.state || ' ' || e.holds FROM certificate_events e
    WHERE e.serial = c.serial ORDER BY e.id || '' DESC LIMIT 1)"""
"""The event without which a certificate's changed row counts as set back by somebody else."""


async def execute(db: Database, sql: str, *values: object) -> None:
    """Runs a test's own statement like the service would, by sealing rows with authority again."""
    await tamper(db, sql, *values)
    if sql.startswith("UPDATE certificates"):
        await tamper(db, _EVENT)
    await seal_all(db)


async def tamper(db: Database, sql: str, *values: object) -> None:
    """Runs a statement like somebody with write access to the database but without keys."""
    await db.run(statement(sql), **{f"p{number + 1}": value for number, value in enumerate(values)})


async def shown_of(db: Database, sids: Iterable[bytes]) -> dict[bytes, Shown]:
    """Returns what a phone states in `finish` about documents in the database, by sid."""
    statements = {}
    for sid in sids:
        row = await fetch(db, "SELECT display FROM tasks WHERE sid = $1", sid)
        display = read_display(str(row["display"]))
        bound, confirmed = display.bound, display.wants or "none"
        if bound is not None:
            statements[sid] = Shown(confirmed, bound.shown(confirmed))
    return statements


async def fetch(db: Database, sql: str, *values: object) -> dict[str, object]:
    """Returns the first row of a test's own query."""
    row = await db.one(statement(sql), **{f"p{number + 1}": value for number, value in enumerate(values)})
    assert row is not None
    return dict(row)


@dataclass(slots=True)
class Phone:
    """The phone's state in the protocol; `d1` is its share under the right PIN."""

    caller: Caller
    uid: bytes = b""
    P: bytes = b""
    d1: int = 0
    epoch: int = 0
    otp: bytes = bytes(32)
    rn: bytes = field(default_factory=lambda: secrets.token_bytes(32))


@dataclass(slots=True)
class World:
    """All services for `open` and `finish`, on one database."""

    db: Database
    engine: Engine
    keyring: Keyring
    lookup: LookupKey
    clock: Clock
    enrol: Enrol
    certificates: Certificates
    opening: OpenSigning
    finishing: FinishSigning
    ask_internally: AskInternally
    ask: Ask
    answer: Answer
    secrets: RequestSecrets
    system: BusinessSystem
    phone: Phone

    async def task(self, content: bytes = "报关单".encode()) -> bytes:
        """Creates a document and scans it with this phone. Returns its sid."""
        request = await self.asked([content])
        scanned = await self.scan(request)
        return scanned[0]

    async def login(self) -> PhoneLogin:
        """Returns the phone's login."""
        return await authenticate_phone(self.db, self.phone.caller, now=self.clock())

    async def internal_task(self, purpose: InternalPurpose) -> bytes:
        """Creates one of the protocol's own tasks. Returns its sid."""
        return await self.ask_internally(self.phone.caller, self.phone.uid, purpose, now=self.clock())

    async def asked(self, contents: list[bytes]) -> CreatedRequest:
        """Creates a business system's request for signatures."""
        return await self.ask.create(
            self.system,
            kind="signature",
            documents=tuple(Document("报关单", "text/plain", content, ()) for content in contents),
            pc_address=None,
            pc_browser=None,
            idempotency_key=None,
            body_hash=b"".join(contents),
            now=self.clock(),
        )

    async def scan(self, asked: CreatedRequest) -> list[bytes]:
        """Takes the request with the phone. Returns the sids of its documents."""
        code = asked.app_link if asked.channel == "app" else asked.qr_text(now=self.clock())
        request = await self.answer.scan(self.phone.caller, code, now=self.clock())
        return [task.sid for task in request.tasks]

    async def commit(self, sids: list[bytes]) -> list[cosign.PhoneNonce]:
        """Returns the phone's nonces for documents of this key."""
        nonces = []
        for sid in sids:
            row = await fetch(self.db, "SELECT message FROM tasks WHERE sid = $1", sid)
            message = row["message"]
            assert isinstance(message, bytes)
            e = sm2.digest(self.phone.P, message)
            nonces.append(
                cosign.phone_commit(self.engine, uid=self.phone.uid, epoch=self.phone.epoch, sid=sid, e=e)
            )
        return nonces

    async def open(self, nonces: list[cosign.PhoneNonce], **changes: object) -> Opened:
        """Calls `open` with the phone's current state; `changes` replace fields of the message."""
        message = OpenRequest(
            rn=self.phone.rn,
            otp=self.phone.otp,
            epoch=self.phone.epoch,
            items=tuple(OpenItem(nonce.sid, nonce.c) for nonce in nonces),
        )
        changed = replace(message, **changes)  # type: ignore[arg-type]  # the test names the fields
        return await self.opening(self.phone.caller, self.phone.uid, changed, now=self.clock())

    def partials(
        self, nonces: list[cosign.PhoneNonce], opened: Opened, *, d1: int | None = None
    ) -> list[cosign.Partial]:
        """Checks the server's proofs and returns the phone's partial signatures."""
        share = self.phone.d1 if d1 is None else d1
        partials = []
        for nonce, answered in zip(nonces, opened.items, strict=True):
            cosign.check_nonce(
                self.engine,
                uid=self.phone.uid,
                epoch=self.phone.epoch,
                nonce=nonce,
                Q2=answered.Q2,
                proof=answered.proof,
            )
            partials.append(cosign.phone_finish(self.engine, d1=share, nonce=nonce, Q2=answered.Q2))
        return partials

    async def finish(
        self,
        partials: list[cosign.Partial],
        *,
        tau: int | None = None,
        excluded: Mapping[bytes, str] | None = None,
    ) -> dict[str, object]:
        """Calls `finish` and returns the response's JSON; `excluded` maps excluded documents to reasons."""
        items = tuple(cosign.FinishItem(each.sid, each.Q1, each.rho, each.s_prime) for each in partials)
        shown = await shown_of(self.db, [item.sid for item in items])
        request = FinishRequest(items, tau, shown, excluded or {})
        body = await self.finishing(self.phone.caller, self.phone.uid, request, now=self.clock())
        answer: dict[str, object] = json.loads(body)
        return answer

    def accept(self, answer: dict[str, object]) -> None:
        """Stores what the phone keeps of a checked response."""
        self.phone.otp = bytes.fromhex(str(answer["otp"]))
        self.phone.rn = secrets.token_bytes(32)

    async def sign(self, sids: list[bytes], *, d1: int | None = None) -> dict[str, object]:
        """Opens and finishes a session; another `d1` acts as a wrong PIN."""
        nonces = await self.commit(sids)
        opened = await self.open(nonces)
        answer = await self.finish(self.partials(nonces, opened, d1=d1))
        self.accept(answer)
        return answer

    async def refresh(self, tau: int) -> int:
        """Changes the PIN with the old share and returns the next epoch. `phone` keeps the old share and epoch."""
        nonces = await self.commit([await self.internal_task("refresh")])
        opened = await self.open(nonces)
        assert opened.next_epoch is not None
        self.accept(await self.finish(self.partials(nonces, opened), tau=tau))
        return opened.next_epoch

    def move(self, epoch: int, tau: int) -> None:
        """Lets the phone continue with the share of this epoch."""
        self.phone.epoch, self.phone.d1 = epoch, cosign.next_phone_share(self.phone.d1, tau)

    async def counters(self) -> tuple[int, int]:
        """Returns (failures, wrong_total) of the key."""
        row = await fetch(self.db, "SELECT failures, wrong_total FROM keys WHERE uid = $1", self.phone.uid)
        failures, wrong_total = row["failures"], row["wrong_total"]
        assert isinstance(failures, int)
        assert isinstance(wrong_total, int)
        return failures, wrong_total


async def make_world(
    db: Database,
    keyring: Keyring,
    clock: Clock,
    *,
    engine: Engine | None = None,
    settings: Settings | None = None,
    enrolled: bool = True,
) -> World:
    """Creates a world with a logged-in phone, and with `enrolled` also its certificate."""
    engine = engine or load_engine()
    settings = settings or Settings.of(opens_per_minute=10_000)  # the limit has a test of its own
    lookup = await load_lookup_key(db, keyring, now=clock())
    await init_ca(db, keyring, engine, settings, CaNames(), now=clock())
    authorities = await load_authorities(db, keyring, engine)
    events = Events()
    system = await _rows(db, keyring, lookup, clock)
    caller = Caller(token_hash("token"), "jkt")
    request_secrets = RequestSecrets(lookup)
    proofs = Proofs(db, settings.identity)
    consents = Consents(db, proofs)
    push = Push(db, keyring, settings, clock)
    ask = Ask(db, settings, events, request_secrets, DrawDocuments(db), push)
    world = World(
        db=db,
        engine=engine,
        keyring=keyring,
        lookup=lookup,
        clock=clock,
        enrol=Enrol(db, engine, keyring, lookup, any_code, proofs),
        certificates=Certificates(
            db,
            engine,
            Chains(db, authorities),
            LocalAuthority(db, Issue(db, keyring, lookup, authorities, settings)),
            proofs,
        ),
        opening=OpenSigning(db, engine, keyring, settings.signing, consents),
        finishing=FinishSigning(db, engine, keyring, events, _issue_later, consents, with_id_number=True),
        ask_internally=AskInternally(db, settings.signing),
        ask=ask,
        answer=Answer(db, events, request_secrets, consents, PreparePdfs(db, settings)),
        secrets=request_secrets,
        system=system,
        phone=Phone(caller),
    )
    if enrolled:
        await enrol(world)
    return world


async def _issue_later(caller: Caller, *, now: int) -> None:
    """No-op: the service would issue the certificate at once; tests do it as a separate step."""


async def _rows(db: Database, keyring: Keyring, lookup: LookupKey, clock: Clock) -> BusinessSystem:
    now = clock()
    hashed = lookup.lookup_hash("id-number", ID_NUMBER)

    def box(purpose: str, row: str) -> bytes:
        return keyring.seal(ID_NUMBER.encode(), purpose=purpose, context=row.encode())

    await execute(
        db,
        "INSERT INTO accounts (id, phone, password_hash, name, id_type, id_number_hash, id_number_box, state,"
        " created_at)"
        " VALUES ('account', $1, '', $2, 'resident_id', $3, $4, 'active', $5)",
        PHONE_NUMBER,
        NAME,
        hashed,
        box("account-id-number", "account"),
        now,
    )
    await execute(
        db,
        "INSERT INTO devices (id, jkt, public_key, created_at) VALUES ('device', 'jkt', $1, $2)",
        b"key",
        now,
    )
    await execute(
        db,
        "INSERT INTO phone_sessions (token_hash, account_id, device_id, created_at, expires_at)"
        " VALUES ($1, 'account', 'device', $2, $3)",
        token_hash("token"),
        now,
        now + 10**12,
    )
    await execute(
        db,
        "INSERT INTO enterprises (credit_code, name, version, created_at, changed_at) VALUES ($1, $2, 1, $3, $4)",
        CREDIT_CODE,
        "宁波北潮进出口有限公司",
        now,
        now,
    )
    await execute(
        db,
        "INSERT INTO filed_persons (id, credit_code, name, id_type, id_number_hash, id_number_box, role, version,"
        " created_at, changed_at, phone)"
        " VALUES ('person', $1, $2, 'resident_id', $3, $4, 'operator', 1, $5, $6, $7)",
        CREDIT_CODE,
        NAME,
        hashed,
        box("filing-id-number", "person"),
        now,
        now,
        PHONE_NUMBER,
    )
    secret_hash = hashlib.sha256(b"secret").digest()
    await execute(
        db,
        "INSERT INTO business_systems (client_id, name, domain, secret_hash, state, created_at, return_urls)"
        " VALUES ('bs', '单一窗口', 'singlewindow.example', $1, 'active', $2, $3)",
        secret_hash,
        now,
        json.dumps([RETURN_URL]),
    )
    return BusinessSystem("bs", "单一窗口", "singlewindow.example", secret_hash, "active", (RETURN_URL,))


async def any_code(*, phone: str, purpose: str, code: str, now: int) -> None:
    """Accepts any SMS code."""


async def enrol(world: World) -> None:
    """Runs the protocol's enrolment, steps 1 to 5."""
    phone, now = world.phone, world.clock()
    login = await authenticate_phone(world.db, phone.caller, now=now)
    application = ApplicantMessage(NAME, ID_NUMBER, "operator", CREDIT_CODE)
    begun = await world.enrol.begin(login, application, sms_code=CODE, now=now)
    offer = cosign.phone_enrol(world.engine, uid=begun.uid, sid=begun.sid)
    phone.P = await world.enrol.make_key(
        login, begun.uid, P1=offer.P1, proof=offer.proof, nonce=begun.challenge, now=now
    )
    phone.uid, phone.d1 = begun.uid, offer.d1
    row = await fetch(world.db, "SELECT message FROM tasks WHERE sid = $1", begun.sid)
    assert csr.parse_request_info(row["message"])[1] == phone.P  # type: ignore[arg-type]  # bytes
    await world.sign([begun.sid])
    await world.certificates.issue_confirmed(phone.caller, now=now)

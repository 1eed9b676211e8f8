"""A certificate authority on a test's database, and people to certify: rows and whole keys, without the protocol."""

import secrets
from dataclasses import dataclass

from mshield.gm import sm2
from mshield.gm.engine import Engine, load_engine
from mshield.gm.sm2 import PrivateKey
from mshield.gm.transcript import nonce_box_context
from mshield.pki.certificates.certificate import Certificate
from mshield.server.acts.actor import SERVICE, Actor, By
from mshield.server.authorities.authority import Authorities, load_authorities
from mshield.server.ca.init import MADE_HERE, CaKeyNames, CaNames, init_ca
from mshield.server.certificates.issue import Issue
from mshield.server.certificates.rows import changes as certificate_changes
from mshield.server.certificates.rows.certificates import NewCertificate
from mshield.server.certificates.rules.states import TABLE, CertificateEvent
from mshield.server.database.interface import Database, Tx
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey, load_lookup_key
from mshield.server.publication.publisher import Publisher
from mshield.server.settings.settings import Settings
from mshield.wire.ids import new_id
from tests.support.signing import execute

ID_NUMBER = "330206199003124218"
CREDIT_CODE = "91330206MA2AEXAM04"
ORGANISATION = "宁波示例进出口有限公司"
NAME = "林知远"
LEAVE_ATTEMPTS = """
INSERT INTO attempts_under_way (uid, epoch, otp_hash, rn_hash, items, k2_box, fb, bound_at, expires_at)
SELECT uid, epoch, otp_hash, rn_hash, items, k2_box, otp_hash, expires_at, expires_at FROM signing_sessions
WHERE uid NOT IN (SELECT uid FROM attempts_under_way)
"""
"""Inserts for each open session a counted attempt without an outcome."""


@dataclass(frozen=True, slots=True)
class Ca:
    """Services and data for issuing and publishing."""

    db: Database
    keyring: Keyring
    engine: Engine
    settings: Settings
    lookup: LookupKey
    authorities: Authorities
    issue: Issue

    def publisher(self) -> Publisher:
        """Creates the publisher of a new process, with empty caches."""
        return Publisher(self.db, self.keyring, self.engine, self.settings, self.authorities)

    async def certify(self, *, now: int) -> Certificate:
        """Issues the certificate of a new person and key."""
        new, _ = await person(self.db, self.keyring, self.engine, now=now)
        row = await self.issue.reserve(new, now=now)
        return await self.issue.issue(row.serial, now=now)


async def make_ca(
    db: Database,
    keyring: Keyring,
    *,
    now: int,
    engine: Engine | None = None,
    settings: Settings | None = None,
    keys: CaKeyNames = MADE_HERE,
) -> Ca:
    """Creates a CA."""
    engine, settings = engine or load_engine(), settings or Settings()
    await init_ca(db, keyring, engine, settings, CaNames(), keys=keys, now=now)
    lookup = await load_lookup_key(db, keyring, now=now)
    authorities = await load_authorities(db, keyring, engine)
    return Ca(
        db=db,
        keyring=keyring,
        engine=engine,
        settings=settings,
        lookup=lookup,
        authorities=authorities,
        issue=Issue(db, keyring, lookup, authorities, settings),
    )


def by_allowed_actor(event: CertificateEvent) -> By:
    """Returns an actor who may cause the event: preferably the legal representative, then user, staff, service."""
    people: tuple[Actor, ...] = ("legal_person", "user")
    if TABLE[event].actors == {"staff"}:
        return By("staff", "a member")
    return next((By(kind, "their account") for kind in people if kind in TABLE[event].actors), SERVICE)


async def change(
    db: Database,
    serial: str,
    *events: CertificateEvent,
    now: int,
    reason: int | None = None,
    by: By | None = None,
    words: str = "因测试",
) -> None:
    """Applies events to a certificate by an actor who may cause them; `reason` is the RFC 5280 code of a revocation."""

    async def work(tx: Tx) -> None:
        for event in events:
            await certificate_changes.change(
                tx,
                serial=serial,
                event=event,
                by=by or by_allowed_actor(event),
                reason=words,
                revocation_reason=reason,
                now=now,
            )

    await db.write(work)


async def person(
    db: Database,
    keyring: Keyring,
    engine: Engine,
    *,
    now: int,
    id_type: str = "resident_id",
    share: bool = False,
) -> tuple[NewCertificate, PrivateKey]:
    """Inserts a filed operator with account, device and key; `share` adds sealed shares and an outcome."""
    name, uid = new_id(now), secrets.token_bytes(16)
    private = sm2.generate(engine)
    await execute(
        db,
        "INSERT INTO accounts (id, phone, password_hash, name, id_type, id_number_hash, id_number_box, state,"
        " created_at) VALUES ($1, $2, '', $3, 'resident_id', $4, $5, 'active', $6)",
        name,
        name,
        NAME,
        uid,
        keyring.seal(ID_NUMBER.encode(), purpose="account-id-number", context=name.encode()),
        now,
    )
    await execute(
        db,
        "INSERT INTO devices (id, jkt, public_key, account_id, created_at) VALUES ($1, $2, $3, $4, $5)",
        name,
        name,
        b"key",
        name,
        now,
    )
    await execute(
        db,
        "INSERT INTO enterprises (credit_code, name, version, created_at, changed_at) VALUES ($1, $2, 1, $3, $4)"
        " ON CONFLICT (credit_code) DO NOTHING",
        CREDIT_CODE,
        ORGANISATION,
        now,
        now,
    )
    await execute(
        db,
        "INSERT INTO filed_persons (id, credit_code, name, id_type, id_number_hash, id_number_box, role, version,"
        " created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, 'operator', 1, $7, $8)",
        name,
        CREDIT_CODE,
        NAME,
        id_type,
        uid,
        keyring.seal(ID_NUMBER.encode(), purpose="filing-id-number", context=name.encode()),
        now,
        now,
    )
    await _key(db, keyring, name=name, uid=uid, public=private.public, share=share, now=now)
    new = NewCertificate(
        uid=uid,
        request_sid=uid,
        account_id=name,
        device_id=name,
        person_id=name,
        filing_version=2,
        shield_number="MS00000000001",
        organisation=ORGANISATION,
        credit_code=CREDIT_CODE,
        role="operator",
        common_name=NAME,
    )
    return new, private


def long_share(name: bytes, uid: bytes) -> bytes:
    """Returns a value as long as d2 with P1."""
    return (name + uid).ljust(97, b"1")


async def _key(
    db: Database, keyring: Keyring, *, name: str, uid: bytes, public: bytes, share: bool, now: int
) -> None:
    await execute(
        db,
        "INSERT INTO keys (uid, account_id, device_id, person_id, filing_version, subject, state, enrol_sid,"
        " public_key, epoch, share_box, pending_epoch, pending_box, outcome_box, last_epoch, failures, wrong_total,"
        " otp_hash, opens_window, opens, generation, created_at) VALUES ($1, $2, $3, $4, 2, '{}', 'confirmed', $5,"
        " $6, 3, $7, 4, $8, $9, 4, 0, 0, $10, 0, 0, 0, $11)",
        uid,
        name,
        name,
        name,
        uid,
        public,
        keyring.seal_share(long_share(b"share", uid), uid=uid, epoch=3) if share else None,
        keyring.seal_share(long_share(b"pending", uid), uid=uid, epoch=4) if share else None,
        keyring.seal(b"outcome" + uid, purpose="outcome", context=uid) if share else None,
        b"otp",
        now,
    )
    if share:
        items = secrets.token_bytes(80)
        await execute(
            db,
            "INSERT INTO signing_sessions (uid, epoch, otp_hash, rn_hash, items, k2_box, expires_at)"
            " VALUES ($1, 3, $2, $3, $4, $5, $6)",
            uid,
            b"otp",
            b"rn",
            items,
            keyring.seal(
                b"k2" + uid,
                purpose="k2",
                context=nonce_box_context(uid=uid, epoch=3, P1=long_share(b"share", uid)[32:], items=items),
            ),
            now,
        )
        await execute(db, LEAVE_ATTEMPTS)
        await execute(
            db,
            "INSERT INTO idempotency (call, request_hash, holder, held_until, status, answer_box, created_at)"
            " VALUES ($1, $2, 'holder', $3, 200, $4, $5)",
            f"device {uid.hex()}",
            b"request",
            now,
            keyring.seal(b"answer", purpose="answer", context=f"device {uid.hex()}".encode()),
            now,
        )

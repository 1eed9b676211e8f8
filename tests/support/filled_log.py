"""A log with entries of all kinds: certificates and events, signatures, acts, views; made without the protocol."""

import secrets
from dataclasses import dataclass
from typing import Final

from mshield.gm.sm3 import sm3
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.tlog.merkle import consistency_ranges
from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.certificates.issue import serial_text
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database, Tx
from mshield.server.keys.keyring import Keyring
from mshield.server.log.open_log import Log, open_log
from mshield.server.log.read import hash_of
from mshield.server.log.sequence import sequence
from mshield.server.settings.settings import Settings
from mshield.server.systems.rows import systems, views
from mshield.server.systems.rows.systems import BusinessSystem
from mshield.server.systems.rows.views import NewView
from mshield.wire.ids import new_id
from tests.support.clock import START
from tests.support.issuing import Ca, change, make_ca
from tests.support.seals import seal_new
from tests.support.signing import execute, fetch, statement
from tests.support.small_view import VIEW_ID, small_view

SETTINGS = Settings.of(public_origin="https://shield.example")
ORIGIN = "shield.example/log"
KEYS: Final = {
    "signatures": "sid",
    "certificate_events": "id",
    "acts": "id",
    "sealed_changes": "id",
    "views": "id",
    "certificates": "serial",
    "log_tiles": "level",
    "log_bundles": "number",
    "log_state": "id",
}
"""Tables behind the log, and the column that identifies a row."""

SOURCES: Final = ("signatures", "certificate_events", "acts", "sealed_changes", "views")
LIFE: Final = 22
"""Number of log entries after `live`.

Five are of rows of two people and their enterprise, five of a system with two views.
"""

NOT_FOUND: Final = {
    ("certificate_events", "notified_at"): "set when the holder was notified, after the event was logged",
    ("log_state", "changed_at"): "time of the log's last growth; no decision depends on it",
}
"""Columns in which a change isn't detected, and why."""


@dataclass(slots=True)
class LoggedService:
    """A database with a CA and a log."""

    db: Database
    keyring: Keyring
    ca: Ca
    log: Log
    now: int = START

    @classmethod
    async def on(cls, db: Database, keyring: Keyring) -> "LoggedService":
        """Creates one with an empty log."""
        ca = await make_ca(db, keyring, now=START)
        await execute(db, "DELETE FROM acts")  # those of creating the CA, since tests count their own acts
        await execute(db, "DELETE FROM authorities")  # without an act they are reported; `ca` keeps them
        await execute(db, "DELETE FROM sealed_changes")
        return cls(db, keyring, ca, await open_log(db, keyring, SETTINGS.site, now=START))

    async def sequence(self) -> int:
        """Advances the clock by a second and runs the sequencing job."""
        self.now += 1000
        return await sequence(self.log, now=self.now)

    async def certify(self) -> str:
        """Issues a certificate and returns its serial."""
        certificate: Certificate = await self.ca.certify(now=self.now)
        return serial_text(certificate.serial)

    async def sign(self, serial: str, *, count: int = 1) -> list[bytes]:
        """Inserts signatures under a certificate as rows. Returns their sids."""
        uid = (await fetch(self.db, "SELECT uid FROM certificates WHERE serial = $1", serial))["uid"]
        sids = [secrets.token_bytes(16) for _ in range(count)]
        task = statement(
            "INSERT INTO tasks (sid, position, uid, purpose, state, message, media_type, title, display, created_at,"
            " expires_at) VALUES ($1, 0, $2, 'refresh', 'signed', $3, 'text/plain', '', '[]', $4, 0)"
        )
        signed = statement(
            "INSERT INTO signatures (sid, uid, request_id, purpose, digest, signature, signed_at, serial)"
            " VALUES ($1, $2, NULL, 'refresh', $3, $4, $5, $6)"
        )

        async def work(tx: Tx) -> None:
            for sid in sids:
                await tx.run(task, p1=sid, p2=uid, p3=b"message", p4=self.now)
                await tx.run(
                    signed,
                    p1=sid,
                    p2=uid,
                    p3=secrets.token_bytes(32),
                    p4=secrets.token_bytes(64),
                    p5=self.now,
                    p6=serial,
                )

        await self.db.write(work)
        await seal_new(self.db, "tasks", "signatures")
        return sids

    async def act(self, details: str = "新手机号") -> None:
        """Records an act of a member of staff."""

        async def work(tx: Tx) -> None:
            await acts.record(
                tx,
                by=By("staff", "clerk"),
                act="change_phone",
                subject="account",
                details={"was": details},
                now=self.now,
            )

        await self.db.write(work)

    async def register_views(self, *versions: int) -> None:
        """Registers a business system, and these versions of a view."""

        async def work(tx: Tx) -> None:
            await systems.add(
                tx, BusinessSystem("bs-1", "单一窗口", "a.example", b"", "active"), now=self.now
            )
            for version in versions:
                octets = small_view(version)
                new = NewView(
                    id=new_id(self.now),
                    client_id="bs-1",
                    view_id=VIEW_ID,
                    version=version,
                    digest=sm3(octets),
                    octets=octets,
                    at=self.now,
                )
                await views.insert(tx, new)

        await self.db.write(work)

    async def change(self, serial: str, *events: CertificateEvent, reason: int | None = None) -> None:
        """Applies events to a certificate, a second apart."""
        for event in events:
            self.now += 1000
            await change(self.db, serial, event, now=self.now, reason=reason)

    async def prove_consistency(self, *, old: int, size: int) -> list[bytes]:
        """Returns the proof from tiles that the log of `size` entries begins with that of `old` entries."""
        return [await hash_of(self.log, each, size) for each in consistency_ranges(old, size)]

    async def live(self) -> str:
        """Creates entries of each kind, sequenced in two batches. Returns the serial of the certificate in use."""
        ended, used = await self.certify(), await self.certify()
        await self.sign(used, count=3)
        await self.register_views(1, 7)
        await self.act()
        await self.sequence()
        await self.change(ended, CertificateEvent.REPORT_LOSS, CertificateEvent.REVOKE, reason=1)
        await self.change(used, CertificateEvent.FREEZE)
        await self.sign(used, count=2)
        await self.act("旧手机号")
        await self.sequence()
        return used

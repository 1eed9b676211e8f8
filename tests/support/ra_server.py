"""The reference server of the plain interface, and a world whose route leads to it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ra_server.authority import TestAuthority, wall_clock
from ra_server.server import RaServer, cas_toml, http_server

from mshield.server.authorities.outside.opened import OutsideCas, open_outside_cas
from mshield.server.authorities.rows import submissions as rows
from mshield.server.authorities.rows.submissions import SubmissionRow
from mshield.server.certificates.certificate import Certificates
from mshield.server.certificates.outside_authority import OutsideAuthorities
from mshield.server.certificates.submissions import Submissions
from mshield.server.database.interface import Database
from tests.support.clock import Clock
from tests.support.signing import World, fetch

SECRET = b"a secret of thirty-two characters"


@contextmanager
def running_ra(clock: Clock | None = None) -> Iterator[tuple[RaServer, str]]:
    """Runs the server; returns it with its address, to which a fault is added."""
    ra = RaServer(TestAuthority("status.example", clock or wall_clock), SECRET)
    server = http_server(ra)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield ra, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(slots=True)
class OutsideWorld:
    """A world whose certificates come from the reference server."""

    world: World
    ra: RaServer
    outside: OutsideCas

    def submissions(self, db: Database | None = None) -> Submissions:
        """Returns the submissions of a process, on this database."""
        return Submissions(db or self.world.db, self.world.engine, self.world.keyring, self.outside)

    def certificates(self, db: Database | None = None) -> Certificates:
        """Returns the issuing of a process."""
        on = db or self.world.db
        authorities = OutsideAuthorities(on, self.submissions(on), self.outside.cas)
        return replace(self.world.certificates, db=on, outside=authorities)

    async def issue(self, db: Database | None = None) -> None:
        """Runs step 5 of an application."""
        await self.certificates(db).issue_confirmed(self.world.phone.caller, now=self.world.clock())

    async def row(self) -> SubmissionRow:
        """Returns the newest submission."""
        found = await fetch(
            self.world.db, "SELECT handle FROM ca_submissions ORDER BY created_at DESC, handle LIMIT 1"
        )
        row = await rows.find(self.world.db, handle=str(found["handle"]))
        assert row is not None
        return row

    async def settle(self, *, most: int = 60) -> None:
        """Runs the job, minutes apart, until nothing is left to do."""
        for _ in range(most):
            await self.submissions().run(now=self.world.clock())
            self.world.clock.advance(seconds=61)
            waiting = await fetch(
                self.world.db,
                "SELECT COUNT(*) AS n FROM ca_submissions"
                " WHERE state NOT IN ('done', 'refused', 'cancelled', 'revoked')",
            )
            if waiting["n"] == 0:
                return

    def confirmed(self) -> list[str]:
        """Returns the serials that are valid at the CA."""
        return [serial for serial, state in self.ra.states.items() if state == "good"]


def outside_world(
    world: World, folder: Path, ra: RaServer, url: str, *, fault: str = "ok", extra: str = ""
) -> OutsideWorld:
    """Routes the world's applications to the server."""
    path = cas_toml(folder, f"{url}/{fault}", ra, extra=extra)
    outside = open_outside_cas(str(path), now=world.clock())
    assert outside is not None
    return OutsideWorld(world, ra, outside)

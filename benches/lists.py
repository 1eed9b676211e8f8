"""Server time of the legal person's lists, with 100 000 certificates in the database and an enterprise of 1 000 people.

The application runs in this process, so the time of a call covers routing, session, statements, opening
sealed id numbers and encoding, and a little of the caller's own work. The output has the median and the
slowest tenth, for both databases.
"""

import argparse
import asyncio
import re
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import httpx
from starlette.applications import Starlette

from mshield.gm.engine import load_engine
from mshield.server.ca.init import CaNames, init_ca
from mshield.server.context import Context
from mshield.server.database.interface import Database
from mshield.server.database.migrate import migrate
from mshield.server.database.opening import open_database
from mshield.server.keys.keyring import load_keyring
from mshield.server.keys.master import generate_master_key
from mshield.server.keys.sources import MasterKeyFile
from mshield.server.main import create_app
from mshield.server.runtime.clocks.clock import wall_clock
from mshield.server.settings.settings import Settings
from mshield.server.values.id_numbers import FILING_BOX
from tests.support.postgresql import start_server
from tests.support.signing import execute

CERTIFICATES: Final = 100_000
PEOPLE: Final = 1_000
"""People in each enterprise, each with one certificate."""
SIGNATURES: Final = 10
"""Signatures with each shield of the enterprise whose lists are read."""
ROUNDS: Final = 60
BOUND_MS: Final = 50.0
OWN: Final = "91330206MA2XB7C1TW"
_POPULATION: Final = Path(__file__).with_name("lists_population.sql")
_COMMENT: Final = re.compile(r"--.*")

DatabaseName = Literal["sqlite", "postgresql"]


@dataclass(frozen=True, slots=True)
class Measured:
    """Durations of one call in ms, and the number of returned lines."""

    database: str
    name: str
    lines: int
    median: float
    tenth: float


def main() -> None:
    """Fills both databases and prints a line per list."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--certificates", type=int, default=CERTIFICATES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    print(f"{asked.certificates} certificates, {PEOPLE} people in the enterprise; ms, bound {BOUND_MS:.0f}")
    print(f"{'database':12}{'list':34}{'lines':>6}{'median':>9}{'p90':>9}")
    for database in ("sqlite", "postgresql"):
        for each in run(database, certificates=asked.certificates, rounds=asked.rounds):
            over = "  over the bound" if each.median > BOUND_MS else ""
            print(
                f"{each.database:12}{each.name:34}{each.lines:6}{each.median:9.2f}{each.tenth:9.2f}{over}",
                flush=True,
            )


def run(database: DatabaseName, *, certificates: int, rounds: int) -> list[Measured]:
    """Measures all lists on one database."""
    with tempfile.TemporaryDirectory(prefix="mshield-lists-") as name:
        folder = Path(name)
        if database == "sqlite":
            return asyncio.run(_run(f"sqlite:///{folder / 'mshield.db'}", folder, certificates, rounds))
        folder.chmod(0o755)  # PostgreSQL runs as its own user
        server = start_server(folder / "postgresql", durable=False)
        try:
            return asyncio.run(_run(server.create("mshield"), folder, certificates, rounds))
        finally:
            server.stop()


async def _run(url: str, folder: Path, certificates: int, rounds: int) -> list[Measured]:
    await asyncio.to_thread(migrate, url)
    key_file = folder / "master.key"
    MasterKeyFile(key_file).create(generate_master_key("aes"))
    settings = Settings.of(database=url, master_key_file=key_file, jobs="off", mode="demo")
    db = await open_database(url)
    keyring = load_keyring(settings.keys)
    await init_ca(db, keyring, load_engine(), settings, CaNames(), now=wall_clock())
    await fill(db, certificates)
    await _seal_id_numbers(db, keyring.seal)
    await settle(db)
    dialect = db.dialect
    await db.close()
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        return [await _measure(dialect, name, call, rounds) for name, call in await _calls(app)]


async def _measure(
    dialect: str, name: str, call: Callable[[], Awaitable[httpx.Response]], rounds: int
) -> Measured:
    times, lines = [], 0
    for number in range(rounds + 3):
        start = time.perf_counter()
        answer = await call()
        elapsed = time.perf_counter() - start
        assert answer.status_code == httpx.codes.OK, answer.text
        lines = len(answer.json().get("items", answer.json().get("events", ())))
        if number >= 3:  # the first ones prepare statements
            times.append(elapsed * 1000)
    return Measured(dialect, name, lines, statistics.median(times), statistics.quantiles(times, n=10)[-1])


async def _calls(app: Starlette) -> list[tuple[str, Callable[[], Awaitable[httpx.Response]]]]:
    context: Context = app.state.context
    opened = await context.legal_person.sessions.open("a0000000", now=context.clock())
    http = httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://localhost:8000",
        headers={"Cookie": f"mshield-portal={opened.token}"},
    )

    def get(path: str, **params: str | int) -> Callable[[], Awaitable[httpx.Response]]:
        return lambda: http.get(f"/api/portal/enterprises/{OWN}/{path}", params=params)

    people = (await get("people", limit=100)()).json()
    shields = (await get("shields", limit=100)()).json()
    for _ in range(7):
        people = (await get("people", limit=100, after=people["next"])()).json()
        shields = (await get("shields", limit=100, before=shields["next"])()).json()
    number = shields["items"][0]["shield_number"]
    return [
        ("people, first page", get("people")),
        ("people, page 17", get("people", after=people["next"])),
        ("people by a part of the name", get("people", name="人9")),
        ("people by shield number", get("people", shield_number=number)),
        ("people by end of id number", get("people", id_number_end="0777")),
        ("people by an end that doesn't exist", get("people", id_number_end="XXXX")),
        ("shields, first page", get("shields")),
        ("shields, page 17", get("shields", before=shields["next"])),
        ("shields on hold", get("shields", hold="lost")),
        ("shields in a state that doesn't occur", get("shields", state="pin_locked")),
        ("shields by a part of the name", get("shields", name="人9")),
        ("one shield with its history", get(f"shields/{number}")),
    ]


async def settle(db: Database) -> None:
    """Vacuums and analyses PostgreSQL, as its autovacuum does after a while."""
    if db.dialect == "postgresql":
        await execute(db, "VACUUM (ANALYZE)")


async def fill(db: Database, certificates: int) -> None:
    """Inserts the population; every tenth certificate is revoked, every fiftieth is on hold."""
    as_bytes = r"CAST(\1 AS BLOB)" if db.dialect == "sqlite" else r"convert_to(\1, 'UTF8')"
    text = re.sub(r"BYTES\[(.*?)\]", as_bytes, _COMMENT.sub("", _POPULATION.read_text("utf-8")))
    text = text.replace("LAST_SIGNATURE", str(PEOPLE * SIGNATURES - 1)).replace("LAST", str(certificates - 1))
    for statement in text.replace("NOW", str(wall_clock())).split(";"):
        if statement.strip():
            await execute(db, statement)


async def _seal_id_numbers(db: Database, seal: Callable[..., bytes]) -> None:
    """Seals real id numbers for the people of the enterprise, because lists open them."""
    for number in range(PEOPLE):
        person = f"p{number:07d}"
        box = seal(f"33020619900101{number:04d}".encode(), purpose=FILING_BOX, context=person.encode())
        await execute(db, "UPDATE filed_persons SET id_number_box = $1 WHERE id = $2", box, person)


if __name__ == "__main__":
    main()

"""The people of a whole country and their signatures, inserted into a service's database for growth.py.

Names combine one of a hundred surnames with two of a thousand characters. Each enterprise has ten people,
each with one certificate; a tenth of the certificates is revoked, a fiftieth is on hold. Each account has two
events, and each phone number got one SMS. Rows of people are copied, those of signatures are made by SQL,
with keys scattered over the indexes like real ones. The sealed numbers of people can be opened; the
certificates aren't real.
"""

import asyncio
import hashlib
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, Final

import asyncpg

from benches import growth_bulk as bulk
from mshield.server.database.matching import pieces
from mshield.server.filing.search_words import end_hash
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from mshield.server.notices.sms_log import hash_of_phone
from mshield.server.values.id_numbers import ACCOUNT_BOX, FILING_BOX
from mshield.server.values.names import mask_phone
from mshield.wire.ids import first_id

DAY_MS: Final = 86_400_000
_VALID_MS: Final = 730 * DAY_MS
_PRIME: Final = 99_999_989
_BATCH: Final = 50_000
_CHUNK: Final = 500_000
_SIGNATURES: Final = Path(__file__).with_name("growth_signatures.sql")

_COUNTED: Final = f"""
INSERT INTO certificate_counts (kind, ends_on, count)
SELECT CASE WHEN state = 'revoked' THEN 'ended' WHEN state = 'pin_locked' THEN 'locked'
  WHEN holds <> '' THEN 'held' ELSE 'active' END, not_after / {DAY_MS}, COUNT(*)
FROM certificates WHERE serial LIKE '4%' GROUP BY 1, 2
ON CONFLICT (kind, ends_on) DO UPDATE SET count = excluded.count
"""  # noqa: S608  # numbers of this module
"""Counts as the job would store them; these certificates have no events that it could count."""

Rows = Iterable[tuple[Any, ...]]


def scattered(number: int) -> int:
    """Returns a different number below 10⁸ for each number, in scattered order."""
    return number * 7_368_787 % _PRIME


def name_of(number: int) -> str:
    """Returns a name of three characters."""
    given = scattered(number)
    return (
        chr(0x4E00 + given % 100) + chr(0x4F00 + given // 100 % 1000) + chr(0x5400 + given // 100_000 % 1000)
    )


def enterprise_of(number: int) -> tuple[str, str]:
    """Returns the credit code and name of a person's enterprise."""
    place = number // 10
    mark = scattered(place)
    name = f"宁波{chr(0x6000 + mark % 900)}{chr(0x6400 + mark // 900 % 900)}国际贸易有限公司"
    return f"E{place:017d}", name


def shield_of(number: int) -> str:
    """Returns a shield number."""
    return f"MS{scattered(number) * 991 % 10**11:011d}"


def phone_of(number: int) -> str:
    """Returns a phone number."""
    return f"139{scattered(number):08d}"


def id_number_of(number: int) -> str:
    """Returns an id number that is only well-formed."""
    return f"330206{19600101 + number % 40 * 10000}{scattered(number) % 10000:04d}"


def populate(
    url: str, *, first: int, last: int, signatures: tuple[int, int], keyring: Keyring, lookup: LookupKey
) -> None:
    """Inserts people from number `first` to before `last`, and signatures from `signatures[0]` to before `[1]`."""
    now = time.time_ns() // 1_000_000
    tables = _tables(range(first, last), keyring, lookup, now)
    if url.startswith("sqlite"):
        _into_sqlite(url.removeprefix("sqlite:///"), tables, signatures, last, now)
    else:
        asyncio.run(_into_postgresql(url, tables, signatures, last, now))


def _tables(numbers: range, keyring: Keyring, lookup: LookupKey, now: int) -> dict[str, tuple[str, Rows]]:
    """Returns the columns and rows of each table, ordered so that references point to earlier tables."""
    firms = [number for number in numbers if number % 10 == 0]
    return {
        "accounts": (
            "id phone password_hash name id_type id_number_hash id_number_box id_number_end state created_at",
            (
                (f"a{n:07d}", phone_of(n), "", name_of(n), "resident_id", _hash("h", n), box, end, "active", now)
                for n, box, end in _boxes(numbers, keyring, lookup, ACCOUNT_BOX, "a")
            ),
        ),
        "devices": (
            "id jkt public_key account_id shield_number created_at",
            ((f"d{n:07d}", f"j{n}", b"", f"a{n:07d}", shield_of(n), now) for n in numbers),
        ),
        "enterprises": (
            "credit_code name version searched_version created_at changed_at",
            ((*enterprise_of(n), 1, 1, now, now) for n in firms),
        ),
        "enterprise_words": (
            "word credit_code",
            ((piece, enterprise_of(n)[0]) for n in firms for piece in pieces(enterprise_of(n)[1])),
        ),
        "filed_persons": (
            ("id credit_code name id_type id_number_hash id_number_box id_number_end role phone version created_at"
             " changed_at"),
            (
                (f"p{n:07d}", enterprise_of(n)[0], name_of(n), "resident_id", _hash("h", n), box, end,
                 "legal_person" if n % 10 == 0 else "operator", phone_of(n), 1, now, now)
                for n, box, end in _boxes(numbers, keyring, lookup, FILING_BOX, "p")
            ),
        ),
        "keys": (
            ("uid account_id device_id person_id filing_version subject state enrol_sid epoch last_epoch failures"
            " wrong_total otp_hash opens_window opens generation created_at certificate"),
            (
                (_hash("k", n)[:16], f"a{n:07d}", f"d{n:07d}", f"p{n:07d}", 2, "", "certified", _hash("e", n)[:16],
                 0, 0, 0, 0, b"", 0, 0, 0, now, serial_of(n))
                for n in numbers
            ),
        ),
        "certificates": (
            ("serial uid request_sid account_id device_id person_id filing_version shield_number organisation"
            " credit_code role common_name der state holds not_before not_after issued_at changed_at revoked_at"),
            (_certificate(n, now) for n in numbers),
        ),
        "acts": (
            "id actor actor_id act subject details at log_index",
            (
                (_id(now, 2 * n + k), "user", f"a{n:07d}", act, f"a{n:07d}", "{}", now, 10**9 + 2 * n + k)
                for n in numbers
                for k, act in enumerate(("account.agree", "identity.prove"))
            ),
        ),
        "sms_log": (
            "id phone_hash phone_masked purpose with_code state sent_at took_ms",
            (
                (_id(now, n), hash_of_phone(lookup, phone_of(n)), mask_phone(phone_of(n)), "register", True, "sent",
                 now, 80)
                for n in numbers
            ),
        ),
    }  # fmt: skip


def _boxes(
    numbers: range, keyring: Keyring, lookup: LookupKey, purpose: str, kind: str
) -> Iterator[tuple[int, bytes, bytes]]:
    for number in numbers:
        text, context = id_number_of(number), f"{kind}{number:07d}".encode()
        box = keyring.seal(text.encode(), purpose=purpose, context=context)
        yield number, box, end_hash(lookup, text)


def _certificate(n: int, now: int) -> tuple[Any, ...]:
    code, firm = enterprise_of(n)
    # Certificates were issued over the last two years: the oldest expire soon or have expired.
    issued = now - DAY_MS - scattered(n) * 740 * DAY_MS // _PRIME
    state = "revoked" if n % 10 == 9 else "pin_locked" if n % 5000 == 1 else "active"
    return (
        serial_of(n), _hash("k", n)[:16], _hash("e", n)[:16], f"a{n:07d}", f"d{n:07d}", f"p{n:07d}", 2, shield_of(n),
        firm, code, "operator", name_of(n), b"der", state, "lost" if n % 50 == 7 else "", issued, issued + _VALID_MS,
        issued, now - 60_000, now - 60_000 if state == "revoked" else None,
    )  # fmt: skip


def _id(now: int, number: int) -> str:
    """Returns an id from the last four weeks, different for each number, in scattered order."""
    return f"{first_id(now - DAY_MS - scattered(number) * 28 * DAY_MS // _PRIME)}-7000-8000-{number:012x}"


def serial_of(number: int) -> str:
    """Returns a serial number of 40 hex digits."""
    return f"4{hashlib.sha256(b's%d' % number).hexdigest()[:39]}"


def _hash(kind: str, number: int) -> bytes:
    return hashlib.sha256(f"{kind}{number}".encode()).digest()


_NUMBERS: Final = {
    "postgresql": "SELECT generate_series(FIRST, LAST)",
    "sqlite": "SELECT FIRST UNION ALL SELECT i + 1 FROM n WHERE i < LAST",
}


def _statements(dialect: str, first: int, last: int, people: int, now: int) -> Iterator[str]:
    text = _SIGNATURES.read_text("utf-8").split("\n\n", 1)[1].replace("NUMBERS", _NUMBERS[dialect])
    hashed = "sha256(convert_to({}, 'UTF8'))" if dialect == "postgresql" else "sha256({})"
    for place in range(first, last, _CHUNK):
        values = {"FIRST": place, "LAST": min(last, place + _CHUNK) - 1, "PEOPLE": people, "NOW": now}
        for statement in text.split(";"):
            ready = statement
            for word, value in values.items():
                ready = ready.replace(word, str(value))
            while "HASH[" in ready:
                before, _, rest = ready.partition("HASH[")
                inner, _, after = rest.partition("]")
                ready = before + hashed.format(inner) + after
            if ready.strip():
                yield ready


def _into_sqlite(
    path: str, tables: dict[str, tuple[str, Rows]], signatures: tuple[int, int], people: int, now: int
) -> None:
    with closing(sqlite3.connect(path, timeout=60)) as connection:
        connection.create_function(
            "sha256", 1, lambda text: hashlib.sha256(text.encode()).digest(), deterministic=True
        )
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-400000")
        for table, (columns, rows) in tables.items():
            names = columns.split()
            places = ", ".join("?" * len(names))
            connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", rows)  # noqa: S608  # the bench's own names
            connection.commit()
        for statement in _statements("sqlite", *signatures, people, now):
            connection.execute(statement)
            connection.commit()
        connection.execute(_COUNTED)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def _into_postgresql(
    url: str, tables: dict[str, tuple[str, Rows]], signatures: tuple[int, int], people: int, now: int
) -> None:
    """Loads without indexes: creating them afterwards costs a tenth of updating them row by row."""
    connection = await asyncpg.connect(url)
    try:
        await bulk.begin(connection)
        put_back = await bulk.without_indexes(connection, [*tables, "requests", "tasks", "signatures"])
        for table, (columns, rows) in tables.items():
            remaining = iter(rows)
            while batch := list(islice(remaining, _BATCH)):
                await connection.copy_records_to_table(table, records=batch, columns=columns.split())
        await bulk.run_all(url, list(_statements("postgresql", *signatures, people, now)))
        for stage in put_back:
            await bulk.run_all(url, stage)
        await connection.execute(_COUNTED)
        await bulk.end(connection)
    finally:
        await connection.close()

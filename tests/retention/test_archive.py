"""A month of signatures in a file: written, read, removed. The log verifies, evidence works, tampering is found."""

import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from mshield.client.evidence.verify import read_evidence
from mshield.server.database.interface import Database
from mshield.server.errors import NotFound
from mshield.server.keys.keyring import Keyring
from mshield.server.log.archived import pack_places, unpack_places
from mshield.server.log.verify import verify_log
from mshield.server.retention.archive.erase import erase_archive, over_at
from mshield.server.retention.archive.evidence import ArchivedEvidence, search
from mshield.server.retention.archive.files import ArchiveError
from mshield.server.retention.archive.write import Archive, compare_archives
from mshield.server.retention.rows import archives
from tests.retention.test_retention import SETTINGS, Kept
from tests.support.clock import Clock
from tests.support.second_person import SECOND
from tests.support.signing import fetch, tamper

MONTH = "2026-11"
"""The month of the tests' START."""


@pytest.mark.parametrize("places", [[], [0], [5], [3, 4, 5, 9, 10, 300, 70_000], list(range(0, 1000, 3))])
def test_places_round_trip(places: list[int]) -> None:
    runs = unpack_places(pack_places(places))
    assert [place for start, end in runs for place in range(start, end)] == places


async def test_archived_month_leaves_the_database_without_findings(
    db: Database, keyring: Keyring, clock: Clock, tmp_path: Path
) -> None:
    kept = await Kept.on(db, keyring, clock)
    archive = Archive(db, kept.make.log, SETTINGS, tmp_path)
    with pytest.raises(ArchiveError) as young:
        await archive.write(MONTH, await kept.prover(), now=clock())
    assert young.value.code == "archive_too_young"
    clock.advance(seconds=300 * 86_400)
    with pytest.raises(ArchiveError) as early:
        await archive.write(MONTH, await kept.prover(), now=clock())
    assert early.value.code == "archive_contents_left"
    assert archive.months() == []
    await kept.later(0)
    before = await kept.evidence(1)
    written = await archive.write(MONTH, await kept.prover(), now=clock())
    assert (written.requests, written.signatures, written.removed_at) == (1, 3, None)
    with pytest.raises(ArchiveError):
        await archive.write(MONTH, await kept.prover(), now=clock())
    assert await archive.remove(MONTH, now=clock()) == 1
    assert await archive.remove(MONTH, now=clock()) == 0  # repeated, as after a kill
    assert (await fetch(db, "SELECT COUNT(*) AS n FROM signatures WHERE request_id IS NOT NULL"))["n"] == 0
    await kept.logged()
    # Nothing is missing, and the file agrees with the log.
    report = await verify_log(kept.make.log)
    assert (report.findings, report.archived) == ([], 3)
    assert (await archive.check(MONTH)).signatures == 3
    assert await compare_archives(archive) == ([], 3)
    # The result is gone from the database; its evidence is made from the file and is unchanged.
    with pytest.raises(NotFound):
        await kept.result()
    make = ArchivedEvidence(archive, keyring, kept.world.engine)
    made = read_evidence(await make(kept.signed, 1, now=clock()))
    assert (made.document, made.signature, made.log.entry) == (
        before.document,
        before.signature,
        before.log.entry,
    )
    assert kept.verify(made) is None
    with pytest.raises(NotFound):
        await make(kept.unanswered, 0, now=clock())
    found = list(search(archive, MONTH, request_id=kept.signed, client_id=None))
    assert [one["document"] for one in found] == [0, 1, 2]
    assert list(search(archive, MONTH, sid="00")) == []
    await _tampered(db, archive, kept, tmp_path)


async def test_archive_is_erased_years_after_its_certificates_expired(
    db: Database, keyring: Keyring, clock: Clock, tmp_path: Path
) -> None:
    kept = await Kept.on(db, keyring, clock)
    archive = Archive(db, kept.make.log, SETTINGS, tmp_path)
    clock.advance(seconds=300 * 86_400)
    await kept.later(0)
    await archive.write(MONTH, await kept.prover(), now=clock())

    async def erase() -> int:
        return await erase_archive(archive, MONTH, second_person=SECOND, reason="期满", now=clock())

    with pytest.raises(ArchiveError) as here:
        await erase()
    assert here.value.code == "archive_unknown"  # its rows are still in the database
    await archive.remove(MONTH, now=clock())
    end = (await fetch(db, "SELECT MAX(not_after) AS at FROM certificates"))["at"]
    over = (
        datetime.fromtimestamp(cast("int", end) / 1000, UTC).replace(year=2038).timestamp() * 1000
    )  # 2026, 2 and 10
    assert over_at(archive, MONTH) == round(over)
    clock.now = over_at(archive, MONTH) - 1
    with pytest.raises(ArchiveError) as early:
        await erase()
    assert (early.value.code, archive.months()) == ("archive_kept", [MONTH])
    clock.now += 1
    assert await erase() == 3
    assert [file.exists() for file in archive.files(MONTH)] == [False, False]
    assert await erase() == 3  # repeated, as after a kill
    acts = "SELECT COUNT(*) AS n FROM acts WHERE act = 'archive.erase'"
    assert (await fetch(db, acts))["n"] == 1
    # Neither the log nor the list of archives reports anything missing.
    await kept.logged()
    report = await verify_log(kept.make.log)
    assert (report.findings, report.archived) == ([], 3)
    assert await compare_archives(archive) == ([], 0)


async def _tampered(db: Database, archive: Archive, kept: Kept, folder: Path) -> None:
    file = folder / f"signatures-{MONTH}.jsonl.gz"
    whole = file.read_bytes()
    text = gzip.decompress(whole)
    for changed, code in (
        (text.replace("报关单".encode(), "报检单".encode(), 1), "archive_row_changed"),
        (b"\n".join(text.split(b"\n")[:-2]) + b"\n", "archive_changed"),
        (text.replace(b'"PC"', b'"Pc"') + b"{}\n", "archive_changed"),
    ):
        file.write_bytes(gzip.compress(changed))
        with pytest.raises(ArchiveError) as error:
            await archive.check(MONTH)
        assert error.value.code == code
        (found,), compared = await compare_archives(archive)
        assert (found.code, found.row, compared) == ("bad_archive", f"signatures-{MONTH}", 0)
    file.unlink()
    assert [each.code for each in (await compare_archives(archive))[0]] == ["bad_archive"]
    file.write_bytes(whole)
    manifest = folder / f"signatures-{MONTH}.manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"requests": 1', b'"requests": 2'))
    with pytest.raises(ArchiveError):
        await archive.check(MONTH)
    # A forged count of archived rows is detected, and so is a row deleted without an archive.
    (row,) = await archives.list_all(db)
    await tamper(db, "UPDATE archives SET places = $1", pack_places(range(1000)))
    codes = {(finding.code, finding.table) for finding in (await verify_log(kept.make.log)).findings}
    assert codes == {("seal_broken", "archives"), ("row_missing", None)}
    assert row.signatures == 3

"""Acts and events of ended certificates in files: removed from the database, proven by the file, tampering found."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from mshield.gm.engine import load_engine
from mshield.pki.errors import LogError
from mshield.pki.tlog.note import VerifierKey
from mshield.server.acts.actor import SERVICE
from mshield.server.acts.rows import acts
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.commands.archive.command import ARCHIVED
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import NotFound
from mshield.server.keys.keyring import Keyring
from mshield.server.log.verify import verify_log
from mshield.server.retention.archive.erase import erase_archive, over_at
from mshield.server.retention.archive.files import ArchiveError
from mshield.server.retention.archive.kinds import KINDS
from mshield.server.retention.archive.offline_proofs import act_alone, check_alone
from mshield.server.retention.archive.proofs import Prover
from mshield.server.retention.archive.write import Archive, compare_archives
from mshield.wire.times import DAY_MS, years_after
from tests.support.clock import START
from tests.support.filled_log import SETTINGS, LoggedService
from tests.support.second_person import SECOND
from tests.support.signing import fetch, statement, tamper

MONTH = datetime.fromtimestamp(START / 1000, UTC).strftime("%Y-%m")


def test_the_command_knows_all_kinds() -> None:
    assert tuple(KINDS) == ARCHIVED


async def _prover(service: LoggedService) -> Prover:
    return await Prover.of(service.log, service.keyring, load_engine(), SETTINGS)


async def _code(work: Any) -> str:
    with pytest.raises(ArchiveError) as error:
        await work
    return error.value.code


async def test_acts_leave_the_database_and_prove_themselves(
    db: Database, keyring: Keyring, tmp_path: Path
) -> None:
    service = await LoggedService.on(db, keyring)
    await service.live()

    async def erased(tx: Tx) -> None:
        details = {"uids": [], "contents_until": ""}
        await acts.record(
            tx, by=SERVICE, act="people.erase", subject="account", details=details, now=service.now
        )

    await db.write(erased)
    await service.sequence()
    archive = Archive(db, service.log, SETTINGS, tmp_path).of("acts")
    assert await _code(archive.write(MONTH, await _prover(service), now=START)) == "archive_too_young"
    ids = (await fetch(db, "SELECT MIN(id) AS id FROM acts WHERE act = 'change_phone'"))["id"]
    now = START + 500 * DAY_MS
    written = await archive.write(MONTH, await _prover(service), now=now)
    assert (written.rows, written.signatures, written.requests) == (2, 0, 0)
    assert await _code(archive.write(MONTH, await _prover(service), now=now)) == "archive_exists"
    assert await archive.remove(MONTH, now=now) == 2
    assert await archive.remove(MONTH, now=now) == 0
    # Acts that the service still needs stay in the database, and nothing is missing.
    left = {row["act"] for row in await _all(db, "SELECT act FROM acts")}
    assert left == {"people.erase", "archive.write", "archive.remove"}
    await service.sequence()
    report = await verify_log(service.log)
    assert (report.findings, report.archived) == ([], 2)
    assert await compare_archives(archive) == ([], 2)
    # Verified with the file only.
    file, _ = archive.files(MONTH)
    act = act_alone(file, cast("str", ids))
    assert act.check(service.log.key.verifier).checkpoint.size > 0
    assert json.loads(act.act.details) == {"was": "新手机号"}
    with pytest.raises(NotFound):
        act_alone(file, "another")
    assert check_alone(file, service.log.key.verifier).rows == 2
    with pytest.raises(LogError):
        check_alone(file, VerifierKey(service.log.key.verifier.name, bytes(32)))
    _rewrite(file, lambda text: text.replace("新手机号", "新邮箱号"))
    with pytest.raises(LogError):
        check_alone(file, service.log.key.verifier)
    with pytest.raises(LogError):
        act_alone(file, cast("str", ids)).check(service.log.key.verifier)
    (finding,), _ = await compare_archives(archive)
    assert (finding.code, finding.row) == ("bad_archive", f"acts-{MONTH}")


async def test_archived_events_still_prevent_reviving_a_certificate(
    db: Database, keyring: Keyring, tmp_path: Path
) -> None:
    service = await LoggedService.on(db, keyring)
    await service.live()
    row = await fetch(db, "SELECT MIN(not_after) AS first, MAX(not_after) AS last FROM certificates")
    month = datetime.fromtimestamp(cast("int", row["first"]) / 1000, UTC).strftime("%Y-%m")
    archive = Archive(db, service.log, SETTINGS, tmp_path).of("certificate_events")
    now = years_after(cast("int", row["last"]), SETTINGS.retention.signature_years)
    assert await _code(archive.write(month, await _prover(service), now=now)) == "archive_too_young"
    now += 32 * DAY_MS
    events = (await fetch(db, "SELECT COUNT(*) AS n FROM certificate_events"))["n"]
    assert (await archive.write(month, await _prover(service), now=now)).rows == events
    assert await archive.remove(month, now=now) == 2
    assert (await fetch(db, "SELECT COUNT(*) AS n FROM certificate_events"))["n"] == 0
    await service.sequence()
    report = await verify_log(service.log)
    assert (report.findings, report.archived) == ([], events)
    assert await compare_archives(archive) == ([], events)
    assert check_alone(archive.files(month)[0], service.log.key.verifier).rows == events
    # The database no longer says why a certificate was revoked, but the file does.
    await tamper(db, "UPDATE certificates SET state = 'active', revoked_at = NULL WHERE state = 'revoked'")
    (finding,), _ = await compare_archives(archive)
    assert (finding.code, finding.row) == ("bad_archive", f"certificate_events-{month}")
    await tamper(
        db, "UPDATE certificates SET state = 'revoked', revoked_at = changed_at WHERE holds <> 'frozen'"
    )
    # An archived month doesn't explain the state of a certificate in force.
    serial = await service.certify()
    await service.change(serial, CertificateEvent.FREEZE)
    await service.sequence()
    await tamper(
        db, "UPDATE certificates SET not_after = not_after + $1 WHERE serial = $2", 40 * DAY_MS, serial
    )
    assert "row_changed" in {one.code for one in (await verify_log(service.log)).findings}
    await tamper(db, "DELETE FROM certificate_events WHERE serial = $1", serial)
    codes = {one.code for one in (await verify_log(service.log)).findings}
    assert {"row_missing", "unexplained"} <= codes
    # Their retention had ended before they were archived, so two people may erase them.
    assert over_at(archive, month) < now
    assert await erase_archive(archive, month, second_person=SECOND, reason="期满", now=now) == events


async def _all(db: Database, text: str) -> list[Any]:
    return list(await db.all(statement(text)))


def _rewrite(file: Path, change: Callable[[str], str]) -> None:
    file.write_bytes(gzip.compress(change(gzip.decompress(file.read_bytes()).decode()).encode()))

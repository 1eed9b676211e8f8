"""`mshield verify ARCHIVE --request ID`: reads a signature from a month's file, and names the file."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from mshield.pki.tlog.note import VerifierKey
from mshield.server.acts.actor import SERVICE
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database
from mshield.server.keys.keyring import load_keyring
from mshield.server.retention.archive.write import Archive
from mshield.server.runtime.clocks.clock import wall_clock
from mshield.server.settings.settings import load_settings
from mshield.wire.times import DAY_MS
from tests.commands.test_ca_commands import Operator
from tests.retention.test_retention import CONTENTS, SETTINGS, Kept
from tests.support.clock import Clock

_SUBJECT: Final = "somebody's account"
_OTHER: Final = str(VerifierKey("shield.example/log", bytes(32)))
DAYS: Final = 310
"""Age in days at which personal data have been erased."""


@pytest.fixture
def office(settings_of_commands: None, monkeypatch: pytest.MonkeyPatch) -> Operator:
    monkeypatch.setenv("MSHIELD_PUBLIC_ORIGIN", SETTINGS.site.public_origin)
    made = Operator()
    made.json("keys", "init")
    return made


def test_verify_reads_the_archive_and_names_it(
    office: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, root = tmp_path / "archive", tmp_path / "root.der"
    folder.mkdir()

    async def archived(db: Database) -> tuple[str, str]:
        clock = Clock(wall_clock() - DAYS * DAY_MS)
        month = datetime.fromtimestamp(clock() / 1000, UTC).strftime("%Y-%m")
        kept = await Kept.on(db, load_keyring(load_settings().keys), clock)
        details = {"was": "旧手机号"}
        await db.write(
            lambda tx: acts.record(
                tx, by=SERVICE, act="account.change", subject=_SUBJECT, details=details, now=clock()
            )
        )
        await kept.later(DAYS - 1)
        archive = Archive(db, kept.make.log, SETTINGS, folder)
        await archive.write(month, await kept.prover(), now=clock())
        assert await archive.remove(month, now=clock()) == 1
        await kept.logged()
        root.write_bytes(kept.make.chains.authorities.root.der)
        return kept.signed, str(kept.make.log.key.verifier)

    request, log_key = office.on_database(archived)
    (file,) = folder.glob("*.jsonl.gz")
    (document := tmp_path / "document").write_bytes(CONTENTS["cms"])
    trusted = ("--root", str(root), "--log-key", log_key, "--message", str(document))
    of = ("verify", str(file), "--request", request, "--document", "1")
    said = office.json(*of, *trusted)
    assert said["archive"] == {
        "file": file.name,
        "month": file.name[len("signatures-") : -len(".jsonl.gz")],
        "request": request,
        "document": 1,
    }
    assert (said["verified"], said["request_id"], said["format"]) == (True, request, "cms")
    assert f"{file.name}, {request}, 1" in office.run(*of, *trusted).output
    assert office.run(*of).exit_code == 1  # no trusted key was given
    alone = office.run(*of, *trusted[:4], "--json")  # archives have no documents
    assert (alone.exit_code, json.loads(alone.stdout)["missing"]) == (1, ["content"])
    assert office.refused("verify", str(file), "--request", "none", *trusted) == "not_found"
    assert office.run("verify", str(file), *trusted).exit_code == 2
    assert office.run("verify", str(root), "--request", request).exit_code == 2
    monkeypatch.setenv("MSHIELD_KEEP_ACT_DAYS", "184")
    month = said["archive"]["month"]
    act = _archived_acts(office, folder, month)
    # Verification needs no database or service, only the file and the trusted keys.
    monkeypatch.setenv("MSHIELD_DATABASE", "postgresql://nobody@127.0.0.1:1/nothing")
    monkeypatch.setenv("MSHIELD_MASTER_KEY_FILE", str(tmp_path / "none.key"))
    assert office.json(*of, *trusted)["verified"] is True
    assert office.run(*of, "--root", str(root), "--log-key", _OTHER).exit_code == 1
    assert office.json("archive", "verify", str(folder), "--log-key", log_key)[0]["signatures"] == 3
    proof = ("log", "verify", "--proof", str(folder / f"acts-{month}.jsonl.gz"), "--act")
    assert office.json(*proof, act, "--key", log_key)["index"] >= 0
    assert office.refused(*proof, "another", "--key", log_key) == "not_found"
    assert office.refused(*proof, act, "--key", _OTHER) == "bad_log_signature"
    # A changed file doesn't match the manifest or the log.
    file.write_bytes(
        gzip.compress(gzip.decompress(file.read_bytes()).replace(b'"text/plain"', b'"text/html"'))
    )
    assert office.refused(*of, *trusted) == "archive_changed"
    (manifest,) = folder.glob("signatures-*.manifest.json")
    manifest.unlink()
    assert office.refused(*of, *trusted) == "display_mismatch"
    assert office.refused("archive", "verify", str(folder), "--log-key", log_key) == "bad_log_proof"


def _archived_acts(office: Operator, folder: Path, month: str) -> str:
    """Archives and removes the month's acts too; returns the id of one of them."""
    of_acts = ("--kind", "acts")
    written = office.json("archive", "write", month, str(folder), *of_acts, "--remove", "--yes")
    assert (written["rows"], written["removed"]) == (2, 2)
    assert {one["archive"] for one in office.json("archive", "list")} == {
        f"acts-{month}",
        f"signatures-{month}",
    }
    (act,) = office.json("archive", "search", str(folder), *of_acts, "--subject", _SUBJECT)
    assert office.json("archive", "search", str(folder), *of_acts, "--subject", "nobody") == []
    assert [one["kind"] for one in office.json("archive", "verify", str(folder))] == ["signatures", "acts"]
    report = office.json("log", "verify", "--archive", str(folder))
    assert (report["holds"], report["archived"], report["compared"]) == (True, 5, 5)
    return str(act["id"])

"""A whole check runs part by part: an interrupted one resumes, and parallel processes find the same."""

from pathlib import Path

import pytest

from mshield.pki.errors import LogFormError
from mshield.pki.tlog.note import VerifierKey
from mshield.server.log.archived import read_archived
from mshield.server.log.parts import parts_of
from mshield.server.log.progress_file import ProgressFile
from mshield.server.log.verify import Extent, verify_log
from mshield.server.log.verify_rows import Part, check_part, runs_of
from tests.support.filled_log import LoggedService
from tests.support.signing import execute


def test_parts_are_runs_of_tiles() -> None:
    assert runs_of(0, 0) == []
    assert runs_of(0, 1) == [range(1)]
    assert runs_of(0, 256 * 256 + 1) == [range(256), range(256, 257)]
    assert runs_of(3, 256 * 600) == [range(3, 256), range(256, 512), range(512, 600)]
    assert runs_of(256, 256 * 256) == []


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets parts of two tiles."""
    for place in ("mshield.server.log.verify_rows.PART", "mshield.server.log.verify.PART"):
        monkeypatch.setattr(place, 2)


@pytest.fixture
async def long(service: LoggedService) -> LoggedService:
    """A log of eleven tiles."""
    await service.sign(await service.certify(), count=2_600)
    await service.sequence()
    return service


@pytest.mark.usefixtures("small")
async def test_interrupted_check_resumes(
    long: LoggedService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, key, read = tmp_path / "check", long.log.key.verifier, list[int]()

    async def cut(*args: object) -> Part:
        if args[1] == range(6, 8):
            raise KeyboardInterrupt
        return await check_part(*args)  # type: ignore[arg-type]  # as the pool gives them

    with monkeypatch.context() as patched:
        patched.setattr("mshield.server.log.parts.check_part", cut)
        with pytest.raises(KeyboardInterrupt):
            await verify_log(long.log, Extent(resumed=ProgressFile(file, key)))
    assert len(ProgressFile(file, key).roots) == 6
    with file.open("ab") as cut_short:
        cut_short.write(b"half a root")
    report = await verify_log(
        long.log, Extent(resumed=ProgressFile(file, key), progress=lambda done, _: read.append(done))
    )
    assert (report.findings, file.exists()) == ([], False)
    assert report.checkpoint is not None
    assert read == [8 * 256, 10 * 256, report.checkpoint.size]


@pytest.mark.usefixtures("small")
async def test_wrongly_skipped_part_does_not_match_the_root(long: LoggedService, tmp_path: Path) -> None:
    file, key = tmp_path / "check", long.log.key.verifier
    ProgressFile(file, key).add([bytes(32)] * 4)
    found = [
        each.code for each in (await verify_log(long.log, Extent(resumed=ProgressFile(file, key)))).findings
    ]
    assert "wrong_root" in found
    assert ProgressFile(tmp_path / "other", key).roots == []
    with pytest.raises(LogFormError):
        ProgressFile(tmp_path / "other", VerifierKey("other.example/log", key.public))


@pytest.mark.usefixtures("small")
async def test_fault_is_not_stored_as_checked(long: LoggedService, tmp_path: Path) -> None:
    file, key = tmp_path / "check", long.log.key.verifier
    await execute(long.db, "UPDATE signatures SET purpose = 'login' WHERE log_index = 1600")
    kept = ProgressFile(file, key)
    report = await verify_log(long.log, Extent(resumed=kept))
    assert {(each.code, each.index) for each in report.findings} >= {("row_changed", 1600)}
    kept = ProgressFile(tmp_path / "again", key)
    archived, _ = await read_archived(long.db)
    parts = [part async for part in parts_of(long.log, archived, 1)(runs_of(0, 2_600), 2_600)]
    assert [len(part.findings) for part in parts] == [0, 0, 0, 1, 0, 0]

"""Who remembers how far a log was checked reads what came since, and finds a past that was cut or written anew."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mshield.client.watching.follow import follow, read_state, write_state
from mshield.pki.errors import LogFormError, LogProofError
from mshield.pki.tlog.compact import Compact, Followed, parse_followed
from mshield.pki.tlog.merkle import Range, fold, leaf_hash, perfect_root, subtrees
from mshield.services.log.export import export_log
from mshield.services.log.read import read_checkpoint
from mshield.services.log.verify import Extent, verify_log
from tests.support.filled_log import LoggedService
from tests.support.signing import execute
from tests.unit.client.test_log import Mirror


@given(sizes=st.lists(st.integers(0, 40), min_size=1, max_size=5))
def test_extended_step_by_step_it_has_the_root_of_the_whole(sizes: list[int]) -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(sum(sizes))]
    compact, done = Compact(), 0
    for size in sizes:
        compact = compact.extend(leaves[done : done + size])
        done += size
    roots = [
        perfect_root(leaves[node.place << node.height : (node.place + 1) << node.height])
        for node in subtrees(Range(0, done))
    ]
    assert (compact.size, list(compact.hashes), compact.root) == (done, roots, fold(roots))


async def _followed(service: LoggedService, state: Followed | None = None) -> Followed:
    kept: list[Followed] = []
    report = await verify_log(
        service.log, Extent(state=state or Followed(service.log.key.verifier), keep=kept.append)
    )
    assert report.holds, report.findings
    return kept[-1]


async def test_on_the_database_the_tail_alone_is_read(service: LoggedService) -> None:
    first = await _followed(service)
    await service.sign(await service.certify(), count=300)
    await service.sequence()
    second = await _followed(service, first)
    assert second.note == await read_checkpoint(service.log)
    assert second.seen.size > first.seen.size + 300
    assert await _followed(service, second) == second


async def test_a_changed_row_of_the_tail_is_named_and_nothing_is_trusted(service: LoggedService) -> None:
    first = await _followed(service)
    (sid,) = await service.sign(await service.certify())
    await service.sequence()
    await execute(service.db, "UPDATE signatures SET purpose = 'login' WHERE sid = $1", sid)
    kept: list[Followed] = []
    report = await verify_log(service.log, Extent(state=first, keep=kept.append))
    assert ([finding.code for finding in report.findings], kept) == (["row_changed"], [])


async def test_a_log_that_was_written_anew_does_not_follow(service: LoggedService) -> None:
    state = await _followed(service)
    other = Followed(
        state.key, None, Compact().extend([leaf_hash(b"%d" % n) for n in range(state.seen.size)])
    )
    report = await verify_log(service.log, Extent(state=other))
    assert [finding.code for finding in report.findings] == ["rewritten"]
    longer = Followed(state.key, None, other.seen.extend([bytes(32)] * 9))
    report = await verify_log(service.log, Extent(state=longer))
    assert [finding.code for finding in report.findings] == ["truncated"]


async def test_from_outside_only_new_bundles_are_fetched(service: LoggedService, tmp_path: Path) -> None:
    file, mirror = tmp_path / "state", Mirror(service)
    serial = await service.certify()
    await service.sign(serial, count=600)
    await service.sequence()
    await mirror.copy()
    looked: list[int] = []
    with mirror.reader() as reader:
        _, first = follow(
            reader,
            read_state(file, reader.key),
            keep=lambda state: write_state(file, state),
            look=lambda place, _: looked.append(place),
        )
    assert looked == list(range(first.seen.size))
    await service.sign(serial, count=20)
    await service.sequence()
    await mirror.copy()
    mirror.requests.clear()
    with mirror.reader() as reader:
        assert read_state(file, reader.key) == first
        noted, second = follow(reader, first, keep=lambda state: write_state(file, state))
        assert read_state(file, reader.key) == second
        assert second.checkpoint == noted.checkpoint
        assert len(mirror.requests) == 2  # the checkpoint, and the bundle that grew
        interrupted = Followed(first.key, first.note, second.seen)
        mirror.requests.clear()
        follow(reader, parse_followed(interrupted.encode(), reader.key), keep=lambda _: None)
        assert mirror.requests == ["checkpoint"]  # what was seen is read no more


def _files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


async def test_a_folder_serves_the_log_and_grows_with_it(service: LoggedService, tmp_path: Path) -> None:
    mirror = Mirror(service)
    serial, size = await service.certify(), 0
    for count, again in ((300, 0), (1, 0), (700, 0)):
        await service.sign(serial, count=count)
        await service.sequence()
        size, written = await export_log(service.log, tmp_path)
        assert written <= 4 + 2 * (-(-count // 256) + 1)
        assert (await export_log(service.log, tmp_path)) == (size, again)
        await mirror.copy()
    files = _files(tmp_path)
    assert {name: files.get(name) for name in mirror.files} == mirror.files
    mirror.files = files
    with mirror.reader() as reader:
        noted, _ = follow(reader, Followed(reader.key), keep=lambda _: None)
        reader.check_root(noted.checkpoint)
    assert noted.checkpoint.size == size


async def test_another_past_is_found_from_outside(service: LoggedService) -> None:
    mirror = Mirror(service)
    await mirror.copy()
    with mirror.reader() as reader:
        _, good = follow(reader, Followed(reader.key), keep=lambda _: None)
        wrong = Compact().extend([leaf_hash(b"%d" % n) for n in range(good.seen.size)])
        for seen in (wrong, good.seen.extend([bytes(32)])):
            with pytest.raises(LogProofError):
                follow(reader, Followed(reader.key, None, seen), keep=lambda _: None)
        path = next(name for name in mirror.files if name.startswith("tile/entries/"))
        content = mirror.files[path]
        mirror.files[path] = content[:-1] + bytes([content[-1] ^ 1])
        with pytest.raises(LogProofError):
            follow(reader, Followed(reader.key), keep=lambda _: None)
    text = good.encode()
    for other in (
        text.replace(b"state/v1", b"state/v2"),
        text.replace(b'"size": ', b'"size": 1'),
        text[:-3],
        Followed(good.key, good.note, wrong).encode(),
        Followed(good.key, good.note, Compact()).encode(),
    ):
        with pytest.raises(LogFormError):
            parse_followed(other, good.key)

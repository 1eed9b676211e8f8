"""A follower who remembers how far a log was checked reads only the rest, and detects a changed past."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mshield.client.follow import follow, read_state, write_state
from mshield.pki.errors import LogFormError, LogProofError
from mshield.pki.tlog.compact import Compact, Followed, parse_followed
from mshield.pki.tlog.merkle import Range, fold, leaf_hash, perfect_root, subtrees
from mshield.server.log.export import export_log
from mshield.server.log.read import read_checkpoint
from mshield.server.log.verify import Extent, verify_log
from tests.support.filled_log import LoggedService
from tests.support.signing import execute
from tests.unit.client.test_log import Mirror


@given(sizes=st.lists(st.integers(0, 40), min_size=1, max_size=5))
def test_stepwise_extension_gives_the_whole_root(sizes: list[int]) -> None:
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


async def test_only_the_tail_is_read_from_the_database(service: LoggedService) -> None:
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


async def test_rewritten_log_is_detected(service: LoggedService) -> None:
    state = await _followed(service)
    other = Followed(
        state.key, None, Compact().extend([leaf_hash(b"%d" % n) for n in range(state.seen.size)])
    )
    report = await verify_log(service.log, Extent(state=other))
    assert [finding.code for finding in report.findings] == ["rewritten"]
    longer = Followed(state.key, None, other.seen.extend([bytes(32)] * 9))
    report = await verify_log(service.log, Extent(state=longer))
    assert [finding.code for finding in report.findings] == ["truncated"]


async def test_outside_follower_fetches_only_new_bundles(service: LoggedService, tmp_path: Path) -> None:
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
        assert mirror.requests == ["checkpoint"]  # entries seen earlier are not read again


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


async def test_other_past_is_detected_from_outside(service: LoggedService) -> None:
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

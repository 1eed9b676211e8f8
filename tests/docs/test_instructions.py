"""No call executes over 2 % more instructions than benches/instructions.json says, unless the file states a reason."""

import subprocess
from pathlib import Path

import msgspec
import pytest

from benches import instructions, kept_instructions
from benches.kept_instructions import Kept, explain, grown

_CALLS = dict.fromkeys((*instructions.STEPS, "login", "issuing"), 1000.0)
_STORED = Kept("0123456789ab", "2026-12-02", "first count", {"python": "3.11.7"}, _CALLS)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(600)
def test_calls_execute_as_many_instructions_as_stored() -> None:
    stored = kept_instructions.read()
    lines = grown(stored.calls, instructions.least(instructions.measure()))
    assert not lines, explain(lines, stored, kept_instructions.environment())


def test_stored_calls_grew_only_with_a_new_reason() -> None:
    previous, stored = kept_instructions.previous(), kept_instructions.read()
    if previous is None:
        print("not compared: git has no earlier version of the file")  # noqa: T201  # `pytest -rP` shows it
    elif previous.reason == stored.reason:
        lines = grown(previous.calls, stored.calls)
        assert not lines, "\n".join(["state a new reason (--keep --reason) for:", *lines])


def test_page_has_the_stored_instructions() -> None:
    written = kept_instructions.PAGE.read_text("utf-8")
    assert written.count(kept_instructions.BEGIN) == written.count(kept_instructions.END) == 1
    table = written.partition(kept_instructions.BEGIN)[2].partition(kept_instructions.END)[0]
    assert table == kept_instructions.text(kept_instructions.read())


def test_login_is_the_sum_of_its_least_counts() -> None:
    counts = {name: [3000, 2000, 4000] for name in (*instructions.STEPS, "issuing")}
    counts |= {instructions.LOGIN + step: [9000, 4000, 5000] for step in instructions.STEPS}
    assert instructions.least(counts) == dict.fromkeys(counts.keys() & _CALLS.keys(), 2.0) | {"login": 20.0}
    assert "four steps                     8.0" in instructions.table(counts)


def test_growth_beyond_two_percent_is_reported() -> None:
    assert grown(_CALLS, _CALLS | {"open": 1020.0, "scan": 500.0}) == []
    assert grown(_CALLS, _CALLS | {"open": 1021.0}) == [
        "open: 1000.0 to 1021.0 thousand instructions (+2.1%)"
    ]


def test_explanation_depends_on_the_environment() -> None:
    assert explain([], _STORED, {}) == ""
    lines = ["open: 1000.0 to 1021.0 thousand instructions (+2.1%)"]
    same = explain(lines, _STORED, {"python": "3.11.7"})
    assert lines[0] in same
    assert "changes since commit 0123456789ab are the cause" in same
    other = explain(lines, _STORED, {"python": "3.13.1"})
    assert "python: 3.11.7 then, 3.13.1 now" in other
    assert "on the previous commit in this environment" in other


def test_written_instructions_are_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{kept_instructions.BEGIN}old\n{kept_instructions.END}after\n", "utf-8")
    monkeypatch.setattr(kept_instructions, "FILE", tmp_path / "instructions.json")
    monkeypatch.setattr(kept_instructions, "PAGE", page)
    kept_instructions.write(_STORED)
    assert kept_instructions.read() == _STORED
    text = page.read_text("utf-8")
    assert text.startswith("before\n")
    assert "**4 000**" in text
    assert "old" not in text


def test_previous_version_comes_from_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "benches" / "instructions.json"
    file.parent.mkdir()
    monkeypatch.setattr(kept_instructions, "FILE", file)

    def store(reason: str) -> None:
        file.write_bytes(msgspec.json.encode(msgspec.structs.replace(_STORED, reason=reason)))

    def previous() -> str | None:
        version = kept_instructions.previous()
        return None if version is None else version.reason

    store("first")
    assert previous() is None  # no repository
    _git(tmp_path, "init", "--quiet")
    assert previous() is None  # no commit
    _commit(tmp_path)
    assert previous() is None  # only one version
    store("second")
    assert previous() == "first"  # not yet committed
    _commit(tmp_path)
    (tmp_path / "other").touch()
    _commit(tmp_path)
    assert previous() == "first"  # before the last commit that changed it


def _commit(folder: Path) -> None:
    _git(folder, "add", ".")
    _git(folder, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", "change")


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(("git", *arguments), cwd=folder, check=True)

"""docs/signature.md lists the files that one signature runs through: all of `finish`, and some of each other call."""

import re
from pathlib import Path
from typing import Final

from tests.support.application import running
from tests.support.clock import Clock
from tests.support.traced_signature import STEPS, traced_signature

_PAGE: Final = Path(__file__).parents[2] / "docs" / "signature.md"
_FILE: Final = re.compile(r"^- \[([\w/.]+\.py)\]\(", re.MULTILINE)


def _listed(step: str) -> set[str]:
    section = _PAGE.read_text("utf-8").partition(f"\n## {step.capitalize()}\n")[2].partition("\n## ")[0]
    return set(_FILE.findall(section))


async def test_the_page_lists_the_files_of_a_traced_signature(
    sqlite_url: str, tmp_path: Path, clock: Clock
) -> None:
    async with running(sqlite_url, tmp_path, clock) as application:
        trace = await traced_signature(application)
    for step in STEPS:
        listed = _listed(step)
        assert listed, step
        assert sorted(listed - set(trace[step])) == [], f"not entered by {step}"
    assert sorted(set(trace["finish"]) - _listed("finish")) == [], "entered by finish, and not on the page"

"""Each job of the service has a name for people on the console's page of jobs, in both languages."""

import re
from pathlib import Path

from mshield.jobs import JOBS

_WORDS = Path(__file__).parents[2] / "frontend" / "apps" / "console" / "src" / "words" / "jobs.ts"


def test_each_job_has_words_in_both_languages() -> None:
    groups = re.findall(r"\bwhat: \{(.*?)\n    \}", _WORDS.read_text("utf-8"), re.DOTALL)
    assert len(groups) == 2
    for group in groups:
        named = set(re.findall(r"^      (\w+): ", group, re.MULTILINE))
        assert {job.name for job in JOBS} <= named, {job.name for job in JOBS} - named

"""pytest writes the assertions of each test file anew, and keeps what came of it; in each process that reads the file.

Where nothing is kept yet, as in a new clone, that takes twelve seconds of CPU for all, as long as reading them. So each
process of a run begins with its share, and finds the others'.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from _pytest.assertion import rewrite


def rewrite_share(config: pytest.Config, files: Iterable[Path]) -> None:
    """Keeps those of these files rewritten that aren't."""
    if sys.dont_write_bytecode:
        return
    state = config.stash[rewrite.assertstate_key]
    for file in files:
        folder = rewrite.get_cache_dir(file)
        kept = folder / f"{file.stem}{rewrite.PYC_TAIL}"
        if not rewrite.try_makedirs(folder) or rewrite._read_pyc(file, kept, state.trace) is not None:
            continue
        stat, code = rewrite._rewrite_test(file, config)
        rewrite._write_pyc(state, code, stat, kept)

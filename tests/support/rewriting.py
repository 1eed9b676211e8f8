"""Shares pytest's rewriting of assertions among the processes of a run.

pytest rewrites and caches each test file in each process that reads it. Without a cache, as in a new clone,
that takes twelve seconds of CPU in total, as long as reading the files. So each process of a run begins with
its share and finds the others' in the cache.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from _pytest.assertion import rewrite


def rewrite_share(config: pytest.Config, files: Iterable[Path]) -> None:
    """Rewrites and caches those of these files that aren't cached."""
    if sys.dont_write_bytecode:
        return
    state = config.stash[rewrite.assertstate_key]
    for file in files:
        folder = rewrite.get_cache_dir(file)
        cached = folder / f"{file.stem}{rewrite.PYC_TAIL}"
        if not rewrite.try_makedirs(folder) or rewrite._read_pyc(file, cached, state.trace) is not None:
            continue
        stat, code = rewrite._rewrite_test(file, config)
        rewrite._write_pyc(state, code, stat, cached)

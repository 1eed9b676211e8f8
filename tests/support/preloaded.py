"""Imports what the service and its commands import, also only when they run, for tests/support/forked.py."""

import gc
import importlib
import pkgutil
from typing import Final

from mshield import commands

_LATER: Final = (
    "anyio._backends._asyncio",
    "asyncpg",
    "cffi.cparser",
    "mshield.cli",
    "mshield.gm.botan",
    "mshield.gm.openssl",
    "mshield.main",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "mshield.web.edge.connection",
    "yoyo.scripts.main",
)

for name in (
    *_LATER,
    *(found.name for found in pkgutil.walk_packages(commands.__path__, "mshield.commands.")),
):
    importlib.import_module(name)

gc.freeze()  # else each child's first collection would copy all of it

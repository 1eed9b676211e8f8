"""Imports all modules of the service and its commands, including those imported at run time, for forked.py."""

import gc
import importlib
import pkgutil
from typing import Final

from mshield import cli
from mshield.server import commands
from mshield.testkit import commands as commands_of_people

_LATER: Final = (
    "anyio._backends._asyncio",
    "asyncpg",
    "cffi.cparser",
    "mshield.cli.main",
    "mshield.gm.botan",
    "mshield.gm.openssl",
    "mshield.server.main",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "mshield.server.http.edge.connection",
)

for name in (
    *_LATER,
    *(
        found.name
        for package in (cli, commands, commands_of_people)
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ),
):
    importlib.import_module(name)

gc.freeze()  # otherwise each child's first garbage collection would copy all of it

"""Hatchling's build hook: the front end is built before a wheel, an editable install or a source distribution is.

Where the sources' stamp says that it is built already, nothing runs and no node is needed.
"""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent / "scripts"))
import frontend


class FrontEnd(BuildHookInterface):
    """The hook `custom` of pyproject.toml."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # the hook's signature
        """Runs before each build of any kind."""
        frontend.build()

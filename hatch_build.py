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

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Runs before each build of any kind; an editable install reads the built files where they stand."""
        frontend.build()
        if version != "editable":
            folder = "src/mshield" if self.target_name == "sdist" else "mshield"
            build_data["force_include"][str(frontend.BUILT)] = f"{folder}/web/static"

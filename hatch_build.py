"""Hatchling's build hook: builds the front end before a wheel, an editable install or a source distribution.

If the stamp of the sources says that it is built already, nothing runs and node isn't needed.
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
        """Builds the front end before each kind of build; an editable install reads the built files in place."""
        frontend.build()
        if version != "editable":
            folder = "src/mshield" if self.target_name == "sdist" else "mshield"
            build_data["force_include"][str(frontend.BUILT)] = f"{folder}/server/http/static"

"""Words for certificate states and holds, from the table that the front end is built with too."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

_CHINESE: Final = json.loads(files(__package__).joinpath("state_words.json").read_text("utf-8"))["zh"]

STATES_ZH: Final[Mapping[str, str]] = _CHINESE["state"]
"""Words by displayed state: the stored ones, `expired`, `expiring`, and those caused by the filing."""

HOLDS_ZH: Final[Mapping[str, str]] = _CHINESE["hold"]
"""Words by hold, the most severe first."""

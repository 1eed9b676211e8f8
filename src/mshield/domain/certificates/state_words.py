"""What people read for a certificate's state and its holds, from the one table that the front end is built with too."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

_CHINESE: Final = json.loads(files(__package__).joinpath("state_words.json").read_text("utf-8"))["zh"]

STATES_ZH: Final[Mapping[str, str]] = _CHINESE["state"]
"""By the state as it is shown: those that are stored, `expired`, `expiring`, and what the filing does."""

HOLDS_ZH: Final[Mapping[str, str]] = _CHINESE["hold"]
"""By the hold, the gravest first."""

"""The limits of views; all implementations have the same, so they are no settings."""

from typing import Final

CONTENT_OCTETS: Final = 5_242_880
VIEW_OCTETS: Final = 65_536
DEPTH: Final = 64
"""How deep elements and JSON values may stand in each other; the root is 1."""
NODES: Final = 200_000
"""Elements, attributes and comments together; JSON values."""
NAME: Final = 200
"""Code points of a name in XML or JSON and of a namespace's name."""
ATTRIBUTES: Final = 256
"""Attributes of one element, with its namespace declarations."""
PREFIXES: Final = 100
"""In scope at once, with `xml` and the default."""
DRAWN: Final = 100_000
"""Rows, cells (also those left out) and lines of `rest`."""
STEPS: Final = 64
PATH: Final = 1000
NOT_SHOWN: Final = 100
"""Paths that `not_shown` names."""
REST_CHARACTERS: Final = 1 << 26
"""Characters of all paths in `rest`: with long names at depth 64 a few megabytes of content could make gigabytes."""
LINES: Final = 64
"""Lines of the asker's own words."""

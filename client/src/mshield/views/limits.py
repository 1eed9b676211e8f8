"""Limits of views; they are the same in all implementations, so they aren't settings."""

from typing import Final

CONTENT_OCTETS: Final = 5_242_880
VIEW_OCTETS: Final = 65_536
DEPTH: Final = 64
"""Maximum nesting depth of elements and JSON values; the root is 1."""
NODES: Final = 200_000
"""Maximum number of elements, attributes and comments together, or of JSON values."""
NAME: Final = 200
"""Maximum code points of a name in XML or JSON, and of a namespace's name."""
ATTRIBUTES: Final = 256
"""Maximum attributes of one element, including namespace declarations."""
PREFIXES: Final = 100
"""Maximum prefixes in scope at once, including `xml` and the default."""
DRAWN: Final = 100_000
"""Maximum rows, cells (including empty ones) and lines of `rest`."""
STEPS: Final = 64
PATH: Final = 1000
NOT_SHOWN: Final = 100
"""Maximum number of paths that `not_shown` lists."""
REST_CHARACTERS: Final = 1 << 26
"""Maximum characters of all paths in `rest`.

Long names at depth 64 could expand a few megabytes of content to gigabytes.
"""
LINES: Final = 64
"""Maximum lines of the requester's description."""

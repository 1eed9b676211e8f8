"""Conditions on certificates that statements share, written like functions of a table or its alias: `usable(c)`.

They mean what domain/certificates/states.py says. They are written out where they stand: a function of the database's
would hide from it which index serves, and a view would have to go before each change of the table.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CONDITIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "usable": "({0}.state = 'active' AND {0}.holds = '' AND {0}.not_after > :now)",
        "ended": "({0}.state IN ('revoked', 'superseded'))",
    }
)
"""`usable` may sign at `:now` (ms); `ended` no longer occupies its device, while one that only expired still does."""

_USE: Final = re.compile(rf"\b({'|'.join(CONDITIONS)})\((\w+)\)")


def written_out(sql: str) -> str:
    """The SQL with each condition in its own words."""
    return _USE.sub(lambda use: CONDITIONS[use[1]].format(use[2]), sql)

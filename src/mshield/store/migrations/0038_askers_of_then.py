"""Keep with each request who asked, as the business system was called then: its login says so and is signed.

A login that was asked before gets the name that stands in it, since that is what the phone signed; others get today's.
"""

from typing import Any, Final

from yoyo import step

__depends__ = {"0037_held_since"}

_FILL: Final = """
UPDATE requests SET asker_name = COALESCE({name}, b.name), asker_domain = COALESCE({domain}, b.domain)
FROM business_systems b WHERE b.client_id = requests.client_id
"""
_SAID: Final = """
(SELECT {value} FROM tasks t
  WHERE requests.kind = 'login' AND t.request_id = requests.id AND t.position = 0 AND t.purpose = 'login')
"""


def _fill(connection: Any) -> None:
    value = (
        "convert_from(t.message, 'UTF8')::json ->> '{}'"
        if type(connection).__module__.startswith("psycopg")
        else "json_extract(CAST(t.message AS TEXT), '$.{}')"
    )
    said = {key: _SAID.format(value=value.format(key)) for key in ("name", "domain")}
    connection.cursor().execute(_FILL.format(**said))


steps = [
    step("ALTER TABLE requests ADD COLUMN asker_name TEXT NOT NULL DEFAULT ''"),
    step("ALTER TABLE requests ADD COLUMN asker_domain TEXT NOT NULL DEFAULT ''"),
    step(_fill),
]

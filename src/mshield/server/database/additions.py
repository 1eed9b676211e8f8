"""Detection of foreign additions to the schema that can change a row on its way, or substitute another one.

The schema has no trigger, rule, policy, function or view. Whoever can create one can make the service seal
false data, so the service's own database user should not have that right (docs/operations.md).
"""

from typing import Final

from mshield.server.database.interface import Database
from mshield.server.database.queries import Queries

_SQL: Final = Queries("database", "additions")


async def additions(db: Database) -> list[tuple[str, str]]:
    """Returns kind and name of each addition, up to a hundred."""
    return [(row["kind"], row["name"]) for row in await db.all(_SQL["additions"])]

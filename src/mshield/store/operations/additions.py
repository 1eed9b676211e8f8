"""What somebody added to the schema by which a row is changed on its way, or another is read in its place.

The schema has no trigger, rule, policy, function or view. Whoever may create one has the service seal what it wrote:
so the service's own database user should not be able to (docs/operations.md).
"""

from typing import Final

from mshield.store.database.interface import Database
from mshield.store.database.queries import Queries

_SQL: Final = Queries("operations", "additions")


async def additions(db: Database) -> list[tuple[str, str]]:
    """Kind and name of each, up to a hundred."""
    return [(row["kind"], row["name"]) for row in await db.all(_SQL["additions"])]

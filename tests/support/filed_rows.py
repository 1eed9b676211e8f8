"""Number of filing records in a database."""

from mshield.server.database.interface import Database
from tests.support.signing import fetch


async def filed_rows(db: Database) -> tuple[int, int]:
    """Returns the numbers of enterprises and of filed people."""
    enterprises = await fetch(db, "SELECT COUNT(*) AS rows FROM enterprises")
    people = await fetch(db, "SELECT COUNT(*) AS rows FROM filed_persons")
    return int(str(enterprises["rows"])), int(str(people["rows"]))

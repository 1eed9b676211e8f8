"""Keep authorizations of the OpenID Connect provider out of PostgreSQL's write-ahead log.

They live for minutes and are written three times in a login. After a crash the table is empty: those who were logging
in begin again, codes and tokens that were out count no more, and nobody gets more than he had.
"""

from typing import Any

from yoyo import step

__depends__ = {"0014_oidc"}


def _set_unlogged(connection: Any) -> None:
    if type(connection).__module__.startswith("psycopg"):
        connection.cursor().execute("ALTER TABLE oidc_authorizations SET UNLOGGED")


steps = [step(_set_unlogged)]

"""The schema: one snapshot for readers, the same in both databases, and no pending migration."""

from mshield.server.database.migrate import migrate, pending
from tests.support import schema


def test_snapshot_equals_all_migrations() -> None:
    assert schema.SNAPSHOT.read_text("utf-8") == schema.snapshot(), "run: make schema"


def test_both_databases_have_the_same_schema(sqlite_url: str, postgresql_url: str) -> None:
    of_sqlite = schema.sqlite_schema(sqlite_url.removeprefix("sqlite:///"))
    of_postgresql = schema.postgresql_schema(postgresql_url)
    assert of_sqlite.columns == of_postgresql.columns
    assert of_sqlite.indexes == of_postgresql.indexes
    assert of_sqlite.references == of_postgresql.references


def test_short_lived_tables_are_unlogged(postgresql_url: str) -> None:
    assert schema.unlogged(postgresql_url) == {"dpop_proofs", "oidc_authorizations", "signing_sessions"}


def test_migrating_twice_applies_nothing_more(database_url: str) -> None:
    assert pending(database_url) == []
    assert migrate(database_url) == []

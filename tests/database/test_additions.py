"""Additions to the schema are reported, and the service's database user can't add anything."""

from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from mshield.server.database.additions import additions
from mshield.server.database.migrate import migrate
from mshield.server.database.opening import open_database, opened_database
from mshield.server.keys.keyring import Keyring
from mshield.server.log.verify_seals import check_seals
from tests.support.clock import Clock
from tests.support.intruder import Intruder
from tests.support.seals import SEALER
from tests.support.signing import make_world

FUNCTION = "CREATE FUNCTION lend() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
ADDED = {
    "sqlite": {
        "trigger": ["CREATE TRIGGER lend AFTER INSERT ON accounts BEGIN SELECT 1; END"],
        "view": ["CREATE VIEW lent AS SELECT 1 AS id"],
    },
    "postgresql": {
        "trigger": [
            FUNCTION,
            "CREATE TRIGGER lend BEFORE INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION lend()",
        ],
        "function": [FUNCTION],
        "rule": ["CREATE RULE lend AS ON INSERT TO notifications DO INSTEAD NOTHING"],
        "policy": ["CREATE POLICY lend ON accounts USING (false)"],
        "view": ["CREATE VIEW lent AS SELECT 1 AS id"],
        "default": ["ALTER TABLE accounts ALTER COLUMN state SET DEFAULT current_user::text"],
        "table of the same name": ["CREATE SCHEMA other", "CREATE TABLE other.accounts (id TEXT)"],
    },
}


@pytest.mark.parametrize(
    ("dialect", "kind"), [(dialect, kind) for dialect in ADDED for kind in ADDED[dialect]]
)
async def test_each_kind_of_addition_is_named(
    request: pytest.FixtureRequest, tmp_path: Path, dialect: str, kind: str
) -> None:
    url = (
        f"sqlite:///{tmp_path / 'mshield.db'}"
        if dialect == "sqlite"
        else request.getfixturevalue("empty_postgresql_url")
    )
    migrate(url)
    async with opened_database(url, pool_size=1) as db:
        db.sealer = SEALER
        assert await additions(db) == []
        with closing(Intruder(url)) as intruder:
            for statement in ADDED[dialect][kind]:
                intruder.run(statement)
        assert kind in {found for found, _ in await additions(db)}
        assert {finding.code async for finding in check_seals(db)} == {"schema_added_to"}


async def test_service_user_cannot_add_to_the_schema(
    empty_postgresql_url: str, keyring: Keyring, clock: Clock
) -> None:
    """The user has the grants of docs/operations.md."""
    migrate(empty_postgresql_url)
    with psycopg.connect(empty_postgresql_url, autocommit=True) as owner:
        name = f"service_{owner.info.dbname}"
        for statement in (
            f"CREATE ROLE {name} LOGIN",
            f"REVOKE CREATE, TEMPORARY ON DATABASE {owner.info.dbname} FROM PUBLIC",
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",
        ):
            owner.execute(statement)
        db = await open_database(empty_postgresql_url.replace("//mshield@", f"//{name}@"), pool_size=4)
        try:
            db.sealer = SEALER
            world = await make_world(db, keyring, clock)
            await world.sign([await world.task()])
            assert await world.counters() == (0, 0)
            with psycopg.connect(
                empty_postgresql_url.replace("//mshield@", f"//{name}@"), autocommit=True
            ) as service:
                for statements in ADDED["postgresql"].values():
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        service.execute("; ".join(statements))
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    service.execute("CREATE TEMPORARY TABLE accounts (id TEXT)")
        finally:
            await db.close()
            for statement in (f"DROP OWNED BY {name}", f"DROP ROLE {name}"):
                owner.execute(statement)

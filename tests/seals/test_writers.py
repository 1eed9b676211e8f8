"""Statements that write a sealed table are in modules that use the seals."""

import re

from mshield.server.seals.tables import TABLES
from tests.support.sources import sql


def test_modules_that_write_sealed_tables_use_the_seals() -> None:
    for file in sql():
        if file.parent.name in {"migrations", "seals"} or file.name == "schema.sql":
            continue
        text = file.read_text("utf-8")
        written = [table.name for table in TABLES if re.search(rf"INSERT INTO {table.name}\s", text)]
        module = file.with_name(file.name.split(".")[0] + ".py").read_text("utf-8")
        assert not written or "server.seals" in module, (file.name, written)

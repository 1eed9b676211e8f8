"""Settings of the database, and the files that detect a restored one."""

from pathlib import Path

from pydantic import BaseModel, Field

from mshield.server.settings.forms import GROUP, DatabaseUrl, Positive


class DatabaseSettings(BaseModel):
    """Settings of the database, and the files that detect a restored one, part of `Settings`."""

    model_config = GROUP

    url: DatabaseUrl = Field(
        default="sqlite:///var/mshield.db",
        alias="database",
        description="sqlite:///PATH or postgresql://USER@HOST/NAME; several hosts: see operations.md",
    )
    database_pool: Positive = Field(default=8, description="connections to PostgreSQL per process")
    database_direct: str | None = Field(
        default=None,
        description=(
            "address of PostgreSQL that bypasses a connection pooler, for notifications between "
            "processes; empty: same as `database`"
        ),
    )
    high_water_folder: Path = Field(
        default=Path("var/high-water"),
        description=(
            "folder of the files that reveal a restored database; keep it outside of what a database "
            "restore overwrites"
        ),
    )

"""PostgreSQL and SQLite behind one interface, migrations, and named SQL."""

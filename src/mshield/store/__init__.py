"""All SQL: one module and one .sql file of named statements per aggregate, over PostgreSQL and SQLite."""

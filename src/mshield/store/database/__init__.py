"""The two databases behind one interface, migrations, and the named SQL."""

"""Background jobs, each run by one of the processes of a database at a time."""

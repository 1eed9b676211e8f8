"""Clocks of process, machine and database, and checks of whether they can be trusted."""

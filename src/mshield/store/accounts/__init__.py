"""Accounts, their logins and devices, and the limits on tries."""

"""Accounts, their logins and devices, and rate limits."""

"""Accounts as staff look for them."""

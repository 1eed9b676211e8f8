"""Accounts as the phone app calls them: registration, login, opening again, consents, one's own data."""

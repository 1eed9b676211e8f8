"""Accounts of the app's users: registration, login, SMS codes, passwords, accounts of outside systems."""

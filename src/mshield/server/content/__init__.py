"""Checks of PDF and image content, which phones display as pictures, before a user is asked to sign it."""

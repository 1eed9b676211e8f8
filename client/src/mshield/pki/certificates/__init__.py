"""Certificates and certification requests: names, extensions, profiles, issuing, lint."""

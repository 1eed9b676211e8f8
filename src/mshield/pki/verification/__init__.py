"""Offline judgement of a certificate and its status."""

"""Offline verification of a certificate and its status."""

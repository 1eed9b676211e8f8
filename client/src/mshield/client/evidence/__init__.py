"""Bundles of evidence: read, verified, shown."""

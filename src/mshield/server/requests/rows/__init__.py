"""Requests of business systems, scans, results, evidence, retention."""

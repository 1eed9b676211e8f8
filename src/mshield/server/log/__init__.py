"""Transparency log (docs/log.md): logs rows, publishes the log, and detects tampering."""

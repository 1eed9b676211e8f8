"""Archive files of past months (ADR 98)."""

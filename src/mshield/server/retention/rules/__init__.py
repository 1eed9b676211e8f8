"""Rules of retention, erasure and archiving."""

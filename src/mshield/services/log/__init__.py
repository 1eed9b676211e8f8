"""The transparency log (docs/log.md): rows get their places in it, anyone may read it, tampering is found."""

"""The manual's rules as tables and pure functions: no I/O, the clock is passed in."""

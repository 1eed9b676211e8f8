"""Time stamping authorities."""

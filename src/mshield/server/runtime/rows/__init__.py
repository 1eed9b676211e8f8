"""The rows of the running processes."""

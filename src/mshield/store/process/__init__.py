"""Health, figures and repeated calls of the running processes."""

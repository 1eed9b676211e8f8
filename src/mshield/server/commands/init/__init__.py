"""`mshield init`: creates a whole installation in one command."""

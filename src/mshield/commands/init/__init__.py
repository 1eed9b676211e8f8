"""`mshield init`: a whole installation in one command."""

"""`mshield business`: business systems and their views."""

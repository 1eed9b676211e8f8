"""`mshield phone`: the virtual phone."""

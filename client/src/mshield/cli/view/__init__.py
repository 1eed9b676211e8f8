"""`mshield view`: tools for authors of views."""

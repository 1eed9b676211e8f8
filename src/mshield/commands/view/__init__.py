"""`mshield view`: for authors of views."""

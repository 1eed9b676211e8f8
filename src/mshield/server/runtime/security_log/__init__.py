"""Security log: events and writer."""

"""What belongs to one running process: events, figures, health, repeated calls."""

"""What the phone app calls."""

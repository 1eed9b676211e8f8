"""What staff call from the console."""

"""What the legal person sees: people, shields, and their sessions."""

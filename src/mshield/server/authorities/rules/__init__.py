"""Rules of submissions to outside CAs."""

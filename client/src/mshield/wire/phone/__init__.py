"""JSON messages between the phone and the service, by subject."""

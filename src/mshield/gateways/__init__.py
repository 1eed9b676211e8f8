"""What lies outside the service: SMS, files with filing records."""

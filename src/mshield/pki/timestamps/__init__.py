"""Time stamps (RFC 3161, GM/T 0033): requests, tokens of SM2 or P-256, and whether one is to be believed."""

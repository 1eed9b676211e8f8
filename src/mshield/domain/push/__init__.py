"""Push (推送): what wakes a phone, and how often it is tried."""

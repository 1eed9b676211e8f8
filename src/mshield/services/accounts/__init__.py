"""People's accounts on the phone: registration, login, SMS codes, passwords, accounts of outside systems."""

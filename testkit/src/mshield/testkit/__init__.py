"""Programs that play people: the virtual phone, the virtual legal person, the demonstration."""

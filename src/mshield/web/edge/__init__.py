"""What stands in front of the routes: bounds and headers of a call, its dispatch, its repeats, its figures."""

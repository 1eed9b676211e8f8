"""Layer in front of the routes: bounds and headers of calls, dispatch, idempotent repeats, metrics."""

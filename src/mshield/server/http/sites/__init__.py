"""Files of the built front end: what pages include, and the applications under their paths."""

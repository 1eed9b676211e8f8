"""The built front end as files: what pages include, and the applications under their paths."""

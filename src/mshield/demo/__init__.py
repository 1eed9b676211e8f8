"""The demonstration (`make demo`): the real service with invented people, and the main job run against it over HTTP."""

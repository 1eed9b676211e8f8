"""Demonstration (`make demo`): the real service with invented people, and its main workflow run over HTTP."""

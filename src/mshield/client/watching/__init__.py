"""Watches a transparency log: follows it from run to run, and has witnesses cosign its checkpoints."""

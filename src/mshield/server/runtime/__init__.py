"""Parts of a running process: clocks, events, metrics, health, jobs, limits."""

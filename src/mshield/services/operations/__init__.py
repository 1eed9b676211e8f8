"""What the people who run the service do and watch: keys, clean-up, jobs, the dashboard."""

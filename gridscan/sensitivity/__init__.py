"""Questions to a result along any of its axes."""

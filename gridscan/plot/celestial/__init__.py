"""Pictures of the sky."""

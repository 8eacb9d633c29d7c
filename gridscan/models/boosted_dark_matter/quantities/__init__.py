"""The quantities of the model, by topic."""

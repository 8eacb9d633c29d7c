"""The models that ship with gridscan."""

"""The definition of a model: its parameters and functions, their wiring, and the proof of their units."""

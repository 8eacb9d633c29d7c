"""What a model is: its parameters and functions, their wiring, and the proof of their units."""

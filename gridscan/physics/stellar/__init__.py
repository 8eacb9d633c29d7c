"""Stars: initial mass functions, the ages of their phases, and random stars."""

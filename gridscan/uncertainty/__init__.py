"""What is not known: distributions of parameters, and designs that draw from them; no scenario, no model."""

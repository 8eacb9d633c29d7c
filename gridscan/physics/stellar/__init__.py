"""Stars: the initial mass function, the phases of massive stars, and random draws of a stellar population."""

"""Tables of stellar models: PARSEC tracks, CMD isochrones, and the phases of massive stars."""

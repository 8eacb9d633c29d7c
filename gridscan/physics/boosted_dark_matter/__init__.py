"""Dark matter boosted by the neutrinos of a supernova: flux, fluence and events."""

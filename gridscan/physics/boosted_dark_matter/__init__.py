"""Dark matter boosted by the neutrinos of a supernova: its flux, fluence and events."""

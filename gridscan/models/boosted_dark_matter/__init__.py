"""Dark matter boosted by supernova neutrinos."""

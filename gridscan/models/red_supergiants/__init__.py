"""Carbon-burning red supergiants and their neutrinos."""

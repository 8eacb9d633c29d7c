"""Pictures of stars, the Galaxy and their neutrinos."""

"""Fingerprints, by content, of what determines numbers: code, values and files."""

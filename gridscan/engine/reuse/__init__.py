"""Reusing cells of earlier results."""

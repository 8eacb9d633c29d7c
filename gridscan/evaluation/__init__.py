"""Quantities of a model over a grid: which steps, over which dimensions, in which blocks."""

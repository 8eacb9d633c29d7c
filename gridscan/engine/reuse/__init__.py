"""Cells of earlier results that a run can take instead of computing them."""

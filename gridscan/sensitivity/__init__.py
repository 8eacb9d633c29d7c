"""Sensitivity of a result to its axes: slopes, contrasts, variance shares, and telling scenarios apart."""

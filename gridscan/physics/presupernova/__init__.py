"""Massive stars before they collapse: their neutrinos in time, and what a detector counts of them."""

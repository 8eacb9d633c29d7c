"""Screening: which of many parameters matter for a quantity, from designs evaluated part by part."""

"""Readers of tables of stellar models."""

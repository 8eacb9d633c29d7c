"""Scenario files: their schema, reading them, and writing a first one."""

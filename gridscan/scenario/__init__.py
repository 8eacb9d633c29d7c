"""Scenario files: their schema, how they are read, and a template for a first one."""

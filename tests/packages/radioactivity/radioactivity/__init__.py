"""Radioactive sources in a laboratory."""

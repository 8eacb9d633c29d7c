"""Formulas written as text: parsed by a small grammar, proven by their units, and never executed as Python."""

"""The model of neutrinos from massive stars before they collapse."""

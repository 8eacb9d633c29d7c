"""The file that a run writes: its layout, its paths, and how it is completed."""

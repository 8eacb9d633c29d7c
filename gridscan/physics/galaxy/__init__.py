"""Galaxy: its components, distances from the Sun, random positions, the nearest stars, directions on the sky."""

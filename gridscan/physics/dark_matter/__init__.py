"""Dark matter in galaxies: halo profiles, and the spike around a central black hole."""

"""Neutrinos: spectra, supernovae, scattering on electrons, detection."""

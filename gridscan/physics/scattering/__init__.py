"""Relativistic kinematics of two-body scattering, and squared amplitudes."""

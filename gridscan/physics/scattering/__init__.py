"""Two-body scattering: relativistic kinematics, squared amplitudes and cross sections."""

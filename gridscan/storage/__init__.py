"""Results as netCDF files, and tables exported from them."""

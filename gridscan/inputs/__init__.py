"""Values that a user gives, turned into arrays in base units."""

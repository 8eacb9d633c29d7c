"""What numbers are made of, known by content: code, values and files."""

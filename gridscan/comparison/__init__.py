"""How two results differ: their quantities, cells and axes, and what they were made of."""

"""Pure functions of arrays: the formulas, each with its source, for use on their own or in a model."""

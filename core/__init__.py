"""What things mean: pure values, folds and rules, without I/O, clock or randomness."""

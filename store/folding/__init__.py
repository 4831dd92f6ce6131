"""Folds what arrives into the current state, inside the transaction that writes the records."""

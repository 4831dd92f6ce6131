"""Tests of what things mean: pure, by examples and by property."""

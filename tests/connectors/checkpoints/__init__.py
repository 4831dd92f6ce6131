"""Tests of where checkpoints go."""

"""Tests of the simulated devices."""

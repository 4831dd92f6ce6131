"""Tests of Nuki and Nuki Hub."""

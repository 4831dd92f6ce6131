"""Tests of the UniFi Access bridge."""

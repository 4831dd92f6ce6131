"""Tests of Dahua door stations."""

"""Tests of Tasmota."""

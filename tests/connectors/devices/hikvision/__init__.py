"""Tests of the Hikvision add-on."""

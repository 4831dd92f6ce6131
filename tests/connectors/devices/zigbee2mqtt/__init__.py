"""Tests of Zigbee2MQTT."""

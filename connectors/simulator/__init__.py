"""The demo's devices, native and others', that speak real MQTT through the broker like anybody else.

Nothing is imported here, so that who needs only the demo's documents does not wait for its network.
"""

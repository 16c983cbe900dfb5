"""The official specification turned against the simulator, by schemathesis, in an environment of its own."""

"""The service once more: a plain model of it, which shares no code with the package, and a machine that compares."""

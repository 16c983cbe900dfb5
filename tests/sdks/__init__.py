"""The proof that programs on any SDK are served: a smoke suite, and the environments that it runs in."""

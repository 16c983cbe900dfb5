"""The state of the service and how it moves: no I/O, no wall clock, no randomness but the seed's."""

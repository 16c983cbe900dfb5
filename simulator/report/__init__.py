"""What happened, to be read by people."""

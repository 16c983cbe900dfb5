"""Virtual time under stress: the same scenarios again and again, idle and with every core busy."""

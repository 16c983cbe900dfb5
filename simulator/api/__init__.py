"""The HTTP surface of the service, without sockets."""

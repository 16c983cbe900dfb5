"""Doors for the HTTP libraries of Python: transports, clients wired in process, interception.

Nothing here knows the `Simulator`: every door takes a function `wire.Request -> wire.Response`.
Importing these modules imports no HTTP library; that happens inside the functions.
"""

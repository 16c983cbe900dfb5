"""What the simulator costs, measured: `python -m bench` prints every figure that we promise, beside its target.

A ratio compares an SDK call that a simulator answers with the same call answered by the least that
can answer it in process: the HTTP library's own `MockTransport`, which returns the bytes, headers
and status that the simulator had returned. Both run in turns within one process.
"""

"""Virtual time: inside a block, sleeping takes no time.

`process_clock` is the time; `gates`, `thread_gates`, `bindings`, `wall_clock` and `event_loop` are where the
program meets it; `waiting` decides whether time may jump, by what `others`, `parking` and `pools` know of
other threads; `activation` begins and ends it. What all this touches that is private stands in `private`.

Where time is real, and why it is then right all the same, if slow:

- A thread from before the block is a bystander until it takes part. In the default mode it holds nobody up,
  even if somebody waits for it with a timeout: start it inside the block, or take `time="threads"`.
  There, whoever wakes one waits for it until it rests; a sleep does so for a second (`others.PATIENCE`).
- A thread that waits by means that nobody sees (a bare lock, `SimpleQueue`, a socket, a child process) counts
  as running, and beside a running thread time is real.
- A thread that outlives the block waits for what is left, really; in a later block it is a bystander.
- The child of a fork goes on with a clock of its own, from where the parent's stood, as its only thread.
- An event loop of another library (uvloop, trio, one with a `time` or a step of its own) sleeps for real; so
  the program's clocks flow really from its first request on, and the end of the block warns.
"""

from .activation import ForeignLoopWarning, Stay, enter, leave, virtual_time

__all__ = ["ForeignLoopWarning", "Stay", "enter", "leave", "virtual_time"]

"""Virtual time: inside a block, sleeping takes no time.

`process_clock` is the time; `gates`, `thread_gates`, `bindings`, `wall_clock` and `event_loop` are where the
program meets it; `waiting` decides whether time may jump, by what `others`, `parking` and `pools` know of
other threads; `activation` begins and ends it. What all this touches that is private stands in `private`.
"""

from .activation import ForeignLoopWarning, Stay, enter, leave, virtual_time

__all__ = ["ForeignLoopWarning", "Stay", "enter", "leave", "virtual_time"]

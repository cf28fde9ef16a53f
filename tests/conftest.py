"""What every process of the suite begins with."""

from __future__ import annotations

import signal

# A suite in the background inherits an ignored SIGINT, and would hand it on to what it interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

"""Whether memray measures at all where this runs."""

from __future__ import annotations

import os

PROBE_BYTES = 8 << 20


def probe_peak() -> int:
    """Job: the peak in bytes that memray sees for one array of `PROBE_BYTES`."""
    import memray
    import numpy as np

    destination = memray.FileDestination("codeopt-probe.bin", overwrite=True)
    tracker = memray.Tracker(destination=destination, file_format=memray.FileFormat.AGGREGATED_ALLOCATIONS)
    with tracker:
        buffer = np.empty(PROBE_BYTES, np.uint8)
    del buffer
    with memray.FileReader("codeopt-probe.bin") as reader:
        sizes = [r.size for r in reader.get_high_watermark_allocation_records(merge_threads=True)]
    os.unlink("codeopt-probe.bin")
    return max(sizes, default=0)

"""Reports: each renders plain data of a run to a text stream."""

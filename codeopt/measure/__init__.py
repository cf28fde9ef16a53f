"""Peak memory (memray), resident memory and time of one call, measured inside a sandbox child."""

"""The verbs, one file each; every one takes plain arguments and returns an exit code."""

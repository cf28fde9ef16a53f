"""Opens and maintains pull requests from the report of a run; executes nothing of the repository."""

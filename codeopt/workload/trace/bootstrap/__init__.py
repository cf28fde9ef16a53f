"""What stands first on the search path of a traced command's interpreters."""

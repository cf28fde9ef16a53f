"""Recording real calls of functions in a command of the user's, and replaying them as workloads."""

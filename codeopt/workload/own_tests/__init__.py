"""The project's own tests and benchmarks as workloads, and as a check of the winner."""

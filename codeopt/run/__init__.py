"""Whole runs: a user's command as the workload, judged by what its process leaves behind."""

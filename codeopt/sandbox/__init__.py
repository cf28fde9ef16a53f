"""The only place that starts processes running somebody's code."""

"""The only place that starts processes running somebody's code."""

from codeopt.sandbox.executor import Completed, Died, Expired, Failed, JobEnd, Sandbox, describe_end
from codeopt.sandbox.protocol import Limits

__all__ = ["Completed", "Died", "Expired", "Failed", "JobEnd", "Limits", "Sandbox", "describe_end"]

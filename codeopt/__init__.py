"""codeopt lowers the peak memory of Python ML code and proves that nothing else changed."""

from codeopt.edit import Edit, Site, Trust
from codeopt.workload.call import Call, workload

__version__ = "0.1.0"
__all__ = ["Call", "Edit", "Site", "Trust", "__version__", "workload"]

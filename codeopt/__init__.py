"""codeopt lowers the peak memory of Python ML code and proves that nothing else changed."""

from codeopt.edit import Edit, Site, Trust
from codeopt.workload.call import Call, workload
from codeopt.workload.first_call import first_call

__version__ = "0.1.0"
__all__ = ["Call", "Edit", "Site", "Trust", "__version__", "first_call", "workload"]

"""What is known about library calls: who allocates, who returns a view, who takes `out=`.

Only what holds for every input of the library's documented types stands here; a name that is
missing is unknown, and unknown is never safe.
"""

from __future__ import annotations


def _names(prefix: str, text: str) -> frozenset[str]:
    return frozenset(f"{prefix}.{name}" for name in text.split())


def words(text: str) -> frozenset[str]:
    """A set of names written in one string."""
    return frozenset(text.split())


# Unary, always an inexact result whatever the input, `out=` accepted.
NUMPY_FLOAT_UFUNCS = _names(
    "numpy",
    "exp exp2 expm1 log log2 log10 log1p sqrt cbrt sin cos tan arcsin arccos arctan sinh cosh tanh "
    "arcsinh arccosh arctanh deg2rad rad2deg radians degrees",
)
# Elementwise with `out=`, result of the input's type when that is a float and the rest is not wider.
NUMPY_SAME_UFUNCS = _names(
    "numpy",
    "negative absolute abs fabs square reciprocal floor ceil rint trunc sign conjugate positive "
    "maximum minimum fmax fmin clip add subtract multiply divide true_divide power floor_divide mod "
    "hypot arctan2 copysign",
)
NUMPY_OUT = NUMPY_FLOAT_UFUNCS | NUMPY_SAME_UFUNCS

NUMPY_FLOAT_MAKERS = _names("numpy", "zeros ones empty linspace logspace eye identity") | _names(
    "numpy.random", "rand randn random random_sample uniform normal standard_normal"
)
NUMPY_MAKERS = (
    NUMPY_FLOAT_MAKERS
    | NUMPY_OUT
    | _names(
        "numpy",
        "full arange zeros_like ones_like empty_like full_like concatenate stack vstack hstack dstack "
        "column_stack tile repeat outer dot matmul cumsum cumprod diff sort copy array isnan isfinite "
        "isinf greater less equal logical_and logical_or logical_not sum mean std var max min amax amin "
        "prod median argmax argmin argsort roll pad kron cross tensordot einsum fromiter bincount unique",
    )
    | _names("numpy.random", "permutation randint choice exponential poisson")
    | _names("numpy.linalg", "inv solve norm pinv")
)
# Makers of something far smaller than what they are given.
NUMPY_SMALL = _names("numpy", "amax amin argmax argmin bincount unique linalg.norm")
TORCH_MAKERS = _names(
    "torch",
    "zeros ones empty full rand randn randint arange linspace zeros_like ones_like empty_like "
    "rand_like randn_like cat stack matmul mm bmm exp log sqrt sigmoid tanh relu softmax where einsum "
    "clone add sub mul div pow abs square rsqrt sin cos tensor",
) | _names("torch.nn.functional", "relu gelu silu softmax log_softmax linear conv2d layer_norm")
MAKERS = NUMPY_MAKERS | TORCH_MAKERS

# Calls whose result may share memory with their first argument.
VIEW_CALLS = _names(
    "numpy",
    "asarray asanyarray ascontiguousarray asfortranarray ravel reshape transpose squeeze broadcast_to "
    "atleast_1d atleast_2d atleast_3d swapaxes moveaxis rollaxis expand_dims real imag flip fliplr "
    "flipud rot90 diagonal diag split array_split hsplit vsplit nan_to_num",
) | _names("torch", "from_numpy as_tensor reshape transpose squeeze unsqueeze permute flatten t")

# Calls that read their arguments and keep none of them.
READERS = (
    _names("builtins", "len print isinstance float int str repr bool range round id type abs complex hash")
    | _names("builtins", "sum min max any all format callable issubclass hasattr")
    | _names("numpy", "allclose array_equal isclose shape size ndim count_nonzero any all isscalar ptp")
    | _names("numpy", "percentile quantile average histogram nonzero trapezoid")
    | _names("math", "sqrt exp log isnan isfinite isclose ceil floor")
    | MAKERS
)

# Methods of arrays and tensors. A method of an unknown type is trusted by these names only.
FRESH_METHODS = words(
    "sum mean std var min max prod argmax argmin argsort all any copy astype dot cumsum cumprod round clip "
    "repeat take tolist item nonzero tobytes clone exp log sqrt abs sigmoid tanh relu softmax "
    "log_softmax matmul mm bmm norm numel size dim nunique topk median trace"
)
VIEW_METHODS = words(
    "reshape ravel view transpose swapaxes squeeze unsqueeze permute expand expand_as contiguous detach "
    "flatten t narrow select diagonal numpy cpu float double half to type conj"
)
SCALAR_ATTRIBUTES = words(
    "shape dtype size ndim nbytes itemsize device requires_grad is_cuda columns index strides"
)
VIEW_ATTRIBUTES = words("T real imag flat mT H values data base")
IN_PLACE_METHODS = words("sort fill put partition resize setfield itemset")
REDUCTIONS = words("sum mean std var min max prod median")
# Functions that write into their first argument, and methods that put an argument into something.
WRITERS = _names(
    "numpy", "put copyto place putmask fill_diagonal random.shuffle put_along_axis add.at subtract.at"
)
STORERS = words("append add extend insert setdefault put register_buffer update appendleft")

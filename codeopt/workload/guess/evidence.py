"""Which families of values a parameter may want, by annotation, docstring, default, name and use."""

from __future__ import annotations

import ast
import re
from collections import Counter

from codeopt.workload.guess.reading import Parameter

_ANNOTATED = (
    (
        r"\b(Float|Int|Bool|Num|Shaped|Complex)\[\s*(\w+\.)*Tensor|\bTensor\b|\bFloatTensor\b",
        "tensor",
    ),
    (r"\bLongTensor\b|\bInt\[\s*(\w+\.)*Tensor", "ids"),
    (r"\bBoolTensor\b|\bBool\[\s*(\w+\.)*Tensor", "mask"),
    (r"\bndarray\b|\bNDArray\b|\bArrayLike\b|\bArray\b|\bMatrixLike\b", "array"),
    (r"\bDataFrame\b", "frame"),
    (r"\bSeries\b", "series"),
    (r"\bDataArray\b", "labelled"),
    (r"\b(cs[rc]|coo)_(matrix|array)\b|\bspmatrix\b|\bSparse\w*", "sparse"),
    (r"\bModuleList\b", "modules"),
    (r"\bModule\b", "module"),
    (r"\b(ParamsT|PARAMETERS)\b|\[[\w.]*Parameter\]", "parameters"),
    (r"\bOptimizer\b", "optimizer"),
    (r"\bDataLoader\b", "loader"),
    (r"\bDistribution\b", "distribution"),
    (r"\bSize\b", "shape"),
    (r"\bDataset\b", "dataset"),
    (r"\bCallable\b", "callable"),
    (r"\bPath(Like)?\b", "path"),
    (r"\bGenerator\b|\bRandomState\b", "rng"),
    (r"\bdevice\b", "device"),
    (r"\bdtype\b|\bDType\w*", "dtype"),
    (r"\b[Dd]ict\b|\bMapping\b", "dict"),
    (r"\b[Ll]ist\b|\bSequence\b|\bIterable\b", "list"),
    (r"\b[Tt]uple\b", "tuple"),
    (r"\bArgumentParser\b", "parser"),
    (r"\bLogger\b", "logger"),
    (r"\bbool\b", "bool"),
    (r"\bint\b", "int"),
    (r"\bfloat\b", "float"),
    (r"\bstr\b|\bLiteral\b", "str"),
)
_DOCUMENTED = (
    (r"tensor", "tensor"),
    (r"data ?array|xarray", "labelled"),
    (r"sparse|csr", "sparse"),
    (r"array|ndarray|matrix|vector", "array"),
    (r"data ?frame", "frame"),
    (r"series", "series"),
    (r"random.?state|rng|numpy.random", "rng"),
    (r"callable|function", "callable"),
    (r"estimator|classifier|regressor", "estimator"),
    (r"\bdict|mapping", "dict"),
    (r"\blist|sequence|iterable", "list"),
    (r"tuple", "tuple"),
    (r"bool", "bool"),
    (r"\bint", "int"),
    (r"float|number|scalar|\breal\b", "float"),
    (r"\bstr", "str"),
    (r"axes|matplotlib", "plot"),
    (r"module", "module"),
    (r"path|file", "path"),
)
_NAMED = (
    (r"(data_?)?loader|dataloader|train_loader|batches", "loader"),
    (r"dataset|ds", "dataset"),
    (r"(base_)?(estimator|classifier|regressor|clf|regr)\d*|base_estimator_?|model\d*", "estimator"),
    (r"model|net|network|module|encoder|decoder|backbone|layer|teacher|student|fn_module|vit|transformer",
     "module"),
    (r"optim|optimizer|opt", "optimizer"),
    (r"(base_?)?dist(ribution)?s?|base|prior|posterior", "distribution"),
    (r"criterion|loss_fn|loss_func|loss_function", "loss"),
    (r"\w*(fn|func|function|callback|activation|metric|kernel_func|callable|transform|norm|hook)|f|"
     r"g|hx|fx", "callable"),
    (r"seed|random_seed", "int"),
    (r"rng|random_state|generator", "rng"),
    (r"ax|axes_plot", "plot"),
    (r"(arg_?)?parser", "parser"),
    (r"logger|log", "logger"),
    (r"device", "device"),
    (r"dtype|\w+_dtype", "dtype"),
    (r"cfg|config|args|opt|opts|hparams|ctx|namespace|params_ns", "namespace"),
    (r"df|data_?frame|frame", "frame"),
    (r"path|file|filename|fname|filepath|\w+_(path|file|dir|folder)", "path"),
    (r"shape|size|\w+_shape", "shape"),
    (r"kernel_size|stride|padding|dilation|image_size|patch_size|size|\w*_size", "int"),
    (r"n|m|k|d|p|q|i|j|num|n_\w+|num_\w+|\w*dims?|\w*_dim|d_\w+|depth|heads|layers?|channels?|order|degree|"
     r"rank|level|max_\w*(len|iter)\w*|\w*iters?|\w*steps?|epochs?|window|lag|width|height|w|h|in_\w+|"
     r"out_\w+|features|hidden\w*|embed\w*|length|\w+_len|axis|dim|ndim|mode|index|idx|dof|ddof\d*|"
     r"scale|count|nn_num", "int"),
    (r"eps|tol|alpha|beta|gamma|lr|learning_rate|sigma|mu|lam\w*|temperature|\w*(ratio|prob|rate|tol|eps|"
     r"weight|threshold|fraction|std|dropout|scale|factor)|dt|t0|t1|std|var|momentum|theta|xi|p|r|s|mean",
     "float"),
    (r"use_\w+|is_\w+|return_\w+|with_\w+|verbose|inplace|copy|shuffle|normalize|bias|causal|training|"
     r"\w*_only|include_\w+|do_\w+", "bool"),
    (r"name|method|\w*_name|\w*_type|kind|metric|kernel|norm|word|text|key|title|string|s|msg|label|"
     r"pattern|prefix", "str"),
    (r"(attn_|attention_|key_padding_|src_|tgt_)?mask\w*|\w+_mask", "mask"),
    (r"(input_|token_?)?ids|tokens?|indices|idx|\w*_ids|\w*_tokens|\w*_indices|rows|cols|row_idx|col_idx",
     "ids"),
    (r"y(_?(true|pred|target|train|test|hat))?|labels?\w*|targets?|classes|groups?|clusters?|y_\w+|"
     r"\w+_labels?", "labels"),
    (r"lens|lengths|seq_lens", "lengths"),
    (r"X\d*|X_\w+|\w+_matrix|matrix|mat|A|B|W|V|U|P|Q|R|H|K|F|S|data|points|samples|features|"
     r"embeddings?|cov|dist\w*|D", "array"),
    (r"x\d*|z|y\d|a|b|v|w|u|t|arr\w*|array|vector|vec|values?|weights?|signal|series|sample|scores?|angles|"
     r"signals|tensor\w*|input\w*|logits|q|k|img|imgs|images?|video|grid|emb|pos|feats?|hidden|"
     r"states?|query|key|value", "array"),
    (r"columns|cols|names|keys|items|words|documents|texts|transactions|features_names|factor\w*|factors|tensors|"
     r"arrays|\w+_list|args|\w+s", "list"),
    (r"(model_)?param(eter)?s", "parameters"),
    (r"\w*kwargs|params|options|settings|\w*_dict|mapping|metadata", "dict"),
)  # fmt: skip
_ATTRIBUTES = {
    "array": {"shape", "ndim", "dtype", "T", "reshape", "sum", "mean", "astype", "ravel", "flatten",
              "dot", "copy",
              "std", "min", "max", "size", "transpose", "argmax", "argsort", "cumsum", "any", "all", "tolist",
              "nonzero", "real", "imag", "conj", "fill", "swapaxes", "squeeze"},
    "tensor": {"view", "unsqueeze", "permute", "device", "detach", "requires_grad", "to", "float", "long",
               "masked_fill", "is_cuda", "cpu", "numel", "contiguous", "softmax", "repeat_interleave", "dim",
               "chunk", "new_zeros", "clamp", "sigmoid", "type_as", "expand", "scatter_", "gather",
               "backward",
               "numpy", "size", "masked_select", "unbind", "split", "transpose", "shape", "dtype", "mean",
               "norm"},
    "frame": {"columns", "iloc", "loc", "groupby", "index", "values", "drop", "dropna", "pivot_table",
              "to_numpy",
              "select_dtypes", "merge", "iterrows", "isna", "isnull", "apply", "melt", "pivot"},
    "labelled": {"attrs", "dims", "coords", "isel", "sel", "assign_attrs", "assign_coords", "to_dataset"},
    "dict": {"items", "keys", "get", "update", "setdefault"},
    "list": {"append", "extend", "insert"},
    "str": {"split", "lower", "upper", "startswith", "endswith", "strip", "format", "replace", "encode",
            "join"},
    "module": {"parameters", "state_dict", "train", "eval", "named_modules", "modules",
               "named_parameters", "forward",
               "children"},
    "optimizer": {"step", "zero_grad", "param_groups"},
    "estimator": {"fit", "predict", "transform", "fit_transform", "predict_proba", "get_params",
                  "fit_resample"},
    "rng": {"normal", "uniform", "choice", "randint", "rand", "randn", "permutation", "integers",
            "random_sample",
            "standard_normal", "shuffle", "multinomial"},
    "sparse": {"tocsr", "tocsc", "toarray", "nnz", "getrow", "indptr", "todense", "tocoo"},
    "plot": {"plot", "set_title", "imshow", "scatter", "set_xlabel", "get_figure", "axhline", "hist"},
    "path": {"exists", "joinpath", "parent", "suffix", "is_dir", "read_text"},
    "loader": {"dataset", "batch_size"},
    "stream": {"readline", "readlines", "read", "write", "seek", "tell", "flush"},
    "parser": {"add_argument", "parse_args", "add_argument_group", "add_subparsers", "set_defaults"},
    "logger": {"info", "warning", "debug", "isEnabledFor"},
}  # fmt: skip
_SHARED = Counter(name for names in _ATTRIBUTES.values() for name in names)
_PASSED = (
    (
        r"(np|numpy|scipy\.\w+|sp)\.(zeros|ones|empty|arange|eye|identity|full|linspace)|range",
        "int",
    ),
    (r"(nn|torch\.nn)\.[A-Z]\w+|torch\.(zeros|ones|empty|arange|eye|linspace)", "int"),
    (
        r"(np|numpy|scipy\.\w+|sp|linalg|ss|stats)\.\w+(\.\w+)*|check_array|check_X_y|_num_samples|unique",
        "array",
    ),
    (r"(torch|F|nn|einops|tl|T)(\.\w+)+|rearrange|repeat|reduce|einsum|pack", "tensor"),
    (
        r"len|sum|zip|enumerate|max|min|sorted|list|set|tuple|reversed|map|any|all",
        "list",
    ),
    (r"math\.\w+|float|round|abs", "float"),
    (r"int", "int"),
    (r"str|print|\w+\.(split|join)|re\.\w+", "str"),
    (r"open|os\.\w+(\.\w+)*|Path|pd\.read_\w+", "path"),
    (r"check_random_state|np\.random\.\w+", "rng"),
    (r"callable", "callable"),
    (r"dict", "dict"),
    (r"clone", "estimator"),
)
_KINDS = {
    "Tensor": "tensor", "ndarray": "array", "DataFrame": "frame", "Series": "series", "dict": "dict",
    "list": "list", "tuple": "tuple", "str": "str", "int": "int", "float": "float", "bool": "bool",
    "Module": "module", "Number": "float", "Integral": "int", "Iterable": "list", "Path": "path",
}  # fmt: skip


def families(parameter: Parameter, *, torch: bool) -> list[tuple[str, int]]:
    """Families with their weights, falling; `torch` says that the module works with tensors."""
    weights: Counter[str] = Counter()
    _annotated(parameter, weights)
    _documented(parameter, weights)
    _defaulted(parameter, weights)
    _named(parameter, weights)
    _used(parameter, weights)
    if torch:
        for family in ("estimator",) if _is_numpy(parameter) else ("array", "estimator"):
            other = "tensor" if family == "array" else "module"
            moved = weights.pop(family, 0)
            if moved:
                weights[other] += moved
                weights[family] = 1
    for family, weight in (
        ("tensor" if torch else "array", 3),
        ("int", 2),
        ("str", 1),
        ("list", 1),
    ):
        weights[family] += weight
    return weights.most_common()


def _is_numpy(parameter: Parameter) -> bool:
    """Whether text or use tells an array of NumPy from a tensor."""
    told = f"{parameter.annotation} {parameter.doc}"
    if re.search(r"\btorch\b|[Tt]ensor", told):
        return False
    return bool(
        re.search(r"\bnp\.nd|\bndarray|\b[Nn]um[Pp]y\b", told) or "astype" in parameter.usage.attributes
    )


def _annotated(parameter: Parameter, weights: Counter[str]) -> None:
    for number, (pattern, family) in enumerate(_ANNOTATED):
        if re.search(pattern, parameter.annotation):
            weights[family] += 100 - number


def _documented(parameter: Parameter, weights: Counter[str]) -> None:
    kind, _, rest = parameter.doc.partition("\n")
    weight = 60
    for pattern, family in _DOCUMENTED:
        if re.search(pattern, kind, re.IGNORECASE):
            weights[family] += weight
            weight -= 4
    if not kind.strip():
        for pattern, family in _DOCUMENTED:
            if re.search(rf"^[^.;]{{0,60}}({pattern})", rest, re.IGNORECASE):
                weights[family] += 12


def _defaulted(parameter: Parameter, weights: Counter[str]) -> None:
    if parameter.default is None:
        return
    try:
        value = ast.literal_eval(parameter.default)
    except (ValueError, SyntaxError):
        return
    family = {
        bool: "bool",
        int: "int",
        float: "float",
        str: "str",
        list: "list",
        tuple: "tuple",
        dict: "dict",
    }
    if type(value) in family:
        weights[family[type(value)]] += 50


def _named(parameter: Parameter, weights: Counter[str]) -> None:
    weight = 24
    for pattern, family in _NAMED:
        if re.fullmatch(pattern, parameter.name.lstrip("_")):
            weights[family] += weight
            weight = max(4, weight - 8)


def _used(parameter: Parameter, weights: Counter[str]) -> None:
    usage = parameter.usage
    for family, names in _ATTRIBUTES.items():
        for name in usage.attributes & names:
            weights[family] += 24 // _SHARED[name]
    unknown = usage.attributes - _SHARED.keys()
    if unknown:
        weights["namespace"] += 12 + 8 * len(unknown)
    for called in usage.calls:
        for pattern, family in _PASSED:
            if re.fullmatch(pattern, called):
                weights[family] += 10
                break
    for kind in usage.kinds:
        known = _KINDS.get(kind.rpartition(".")[2])
        if known:
            weights[known] += 14
    if usage.options:
        weights["str"] += 40
    for trait, found in _TRAITS.items():
        if trait in usage.traits:
            for family, weight in found.items():
                weights[family] += weight
    if any(trait.startswith("unpacked:") for trait in usage.traits):
        weights["tuple"] += 25
    if usage.keys:
        weights["dict"] += 40
        weights["frame"] += 18


_TRAITS = {
    "called": {"callable": 60, "module": 10},
    "matmul": {"array": 30},
    "ranked": {"array": 30},
    "arithmetic": {"array": 8, "float": 7, "int": 5},
    "iterated": {"list": 14, "array": 5},
    "mapping": {"dict": 50},
    "subscripted": {"array": 6, "list": 6},
    "sliced": {"array": 8, "list": 6},
    "index": {"int": 8, "str": 4},
    "tested": {"bool": 8},
    "compared": {"int": 8, "float": 6},
}

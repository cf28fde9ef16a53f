"""Numbers to try for a parameter, by its default, name and docstring."""

from __future__ import annotations

import re
from collections.abc import Iterator

from codeopt.workload.guess.reading import Parameter

_WHOLE = (
    (r"(image|img|frame)_?(size|height|width)|resolution", ("32", "16")),
    (r"(\w+_)?patch_(size|height|width)", ("8", "4")),
    (r"(dim_head|head_dim|dim_k|d_k|qk_dim\w*|dim_qk)", ("8", "16")),
    (r"(sample|sampling)_?rate|sr|fs|sfreq|orig_(sr|freq)|(new|target)_(sr|freq)", ("16000", "8000", "100")),
    (r"n_?fft|nperseg|win_?(len|length|size)|frame_length", ("64", "16", "256")),
    (r"hop_?(len|length|size)|noverlap", ("16", "4")),
    (r"(n_?|num_)?(\w+_)?heads?|nhead|groups|n_groups", ("2", "1", "4")),
    (r"(n_?|num_)?(\w+_)?(depth|layers|blocks|levels?|stages)|J|octaves", ("2", "1", "3")),
    (r"(num_|n_)?(classes|labels|class|outputs)", ("3", "2", "16")),
    (r"(in_|input_|image_)?(channels?|chans|c)|n_input_channels", ("3", "16", "1")),
    (r"(num_|n_|vocab_?)(tokens|embeddings|words|size|vocab)|vocab", ("32", "16")),
    (r"max_?\w*(len|length|seq\w*|frames|positions|time\w*)|seq_len\w*|length|context\w*|chunk_size|window_size",
     ("16", "32", "8")),
    (r"(\w*_?)(frames?)", ("4", "2")),
    (r"(\w*_)?(dim|dims|d_model|embed|embed_dim|hidden|hidden_size|features|width|channels|size)(_\w+)?|d_\w+|"
     r"dim\w*|out_\w+|in_\w+|\w*features|\w*units|\w*_out|\w*_in", ("16", "8", "32", "4")),
    (r"kernel_size|kernel|\w*kernel_size|ksize", ("3", "1", "2")),
    (r"stride|padding|dilation|\w*_(stride|padding)", ("1", "2", "0")),
    (r"axis|dim|mode|index|idx|i|j|start|\w*_idx|\w*_index|offset|shift|pos\w*", ("0", "1", "-1", "2")),
    (r"n_samples|size|n|N|M|T|num_samples|n_points|num_points|n_obs|h|w|height|width|length|\w*_len|t",
     ("n", "16", "8")),
    (r"n_features|p|d|dim_x|n_vars|k|n_components|rank|n_clusters|n_neighbors|dim_\w", ("3", "2", "4", "8")),
    (r"order|degree|lag|ddof|window|n_bins|bins", ("2", "3", "1", "5")),
    (r"\w*(iter|iters|iterations|epochs|steps|rounds|n_boot\w*|trials)", ("3", "5", "10")),
    (r"\w*seed|random_state", ("seed", "0")),
    (r"batch_size|bs|b", ("n", "8")),
)  # fmt: skip
_REAL = (
    (r"\w*(prob|ratio|rate|fraction|dropout|alpha|threshold|thres|confidence|quantile|q|power|"
     r"support)\w*", ("0.25", "0.5", "0.9", "0.05")),
    (r"\w*(eps|tol)\w*", ("1e-06", "0.001")),
    (r"\w*(lr|learning_rate|dt|step)\w*", ("0.01", "0.1")),
    (r"t0|start|mean|mu|\w*loc", ("0.0", "0.5")),
    (r"r|rho|corr\w*|d|eta", ("0.5", "0.3")),
)  # fmt: skip


_PROCESSES = r"(n_?|num_?)?(jobs|process(es)?|workers|threads|cpus?|cores)"


def int_texts(parameter: Parameter) -> Iterator[str]:
    """Whole numbers, the likeliest first; a default's own value and its neighbours among them."""
    name = parameter.name.lstrip("_")
    if re.fullmatch(_PROCESSES, name):
        yield "1"
        return
    for pattern, texts in _WHOLE:
        if re.fullmatch(pattern, name):
            yield from texts
            break
    default = parameter.default or ""
    if re.fullmatch(r"\d{1,4}", default):
        yield from (default, str(int(default) + 1), str(max(1, int(default) // 2)))
    yield from re.findall(r"(?:default|e\.g\.|example)\D{0,12}(\d{1,3})\b", parameter.doc)
    yield from ("2", "3", "1", "16", "8", "n", "0", "4", "32", "5", "10", "64")


def float_texts(parameter: Parameter) -> Iterator[str]:
    """Real numbers, the likeliest first."""
    for pattern, texts in _REAL:
        if re.fullmatch(pattern, parameter.name.lstrip("_")):
            yield from texts
            break
    yield from ("0.5", "1.0", "2.0", "0.05", "0.0", "10.0", "1e-06")

"""Source texts of values that need no more than their family: devices, modules, estimators, files."""

from __future__ import annotations

FIXED_TORCH = {
    "module": (
        "torch.nn.Linear(16, 16)", "torch.nn.Identity()", "torch.nn.Conv2d(3, 3, 3, padding=1)",
        "torch.nn.Sequential(torch.nn.Flatten(), torch.nn.LazyLinear(16))", "torch.nn.Embedding(32, 16)",
        "torch.nn.Conv2d(16, 16, 3, padding=1)", "torch.nn.Conv1d(16, 16, 3, padding=1)",
    ),
    "modules": ("torch.nn.ModuleList([torch.nn.Linear(16, 16) for _ in range(2)])",),
    "rng": ("torch.Generator().manual_seed(seed)",),
    "distribution": (
        "torch.distributions.Normal(torch.zeros(16), torch.ones(16))",
        "torch.distributions.Independent(torch.distributions.Normal(torch.zeros(16), torch.ones(16)), 1)",
    ),
    "loader": (
        "torch.utils.data.DataLoader(torch.utils.data.TensorDataset("
        "torch.randn(n, 16), torch.randint(0, 3, (n,))), batch_size=8)",
        "[(torch.randn(8, 3, 32, 32), torch.randint(0, 3, (8,))) for _ in range(2)]",
    ),
    "dataset": ("torch.utils.data.TensorDataset(torch.randn(n, 16), torch.randint(0, 3, (n,)))",),
    "optimizer": ("torch.optim.SGD([torch.nn.Parameter(torch.randn(n, 16))], lr=0.01)",),
    "parameters": (
        "[(lambda p: setattr(p, 'grad', torch.randn_like(p)) or p)(torch.nn.Parameter(torch.randn(n, 16)))]",
        "torch.nn.Linear(16, 16).parameters()",
    ),
    "loss": ("torch.nn.MSELoss()", "torch.nn.CrossEntropyLoss()", "torch.nn.functional.mse_loss"),
    "device": ("'cpu'", "torch.device('cpu')"),
    "dtype": ("torch.float32", "torch.float64"),
    "shape": ("(n, 16)", "(n, 3, 32, 32)", "torch.Size((n, 16))", "16", "32"),
}  # fmt: skip
FIXED = {
    "none": ("None",),
    "device": ("'cpu'",),
    "dtype": ("np.float64", "'float64'", "np.float32", "float"),
    "shape": ("(n, 8)", "(n,)", "n", "(8, 8)", "(n, 8, 8)"),
    "rng": ("np.random.RandomState(seed)", "np.random.default_rng(seed)", "seed"),
    "sparse": (
        "sparse.random(n, 8, density=0.3, format='csr', random_state=rng)",
        "sparse.random(n, n, density=0.3, format='csr', random_state=rng)",
    ),
    "estimator": (
        "sklearn.linear_model.LogisticRegression()", "sklearn.linear_model.LinearRegression()",
        "sklearn.tree.DecisionTreeClassifier(max_depth=3, random_state=0)",
        "sklearn.linear_model.LogisticRegression().fit(rng.standard_normal((30, 8)), np.arange(30) % 3)",
        "sklearn.linear_model.LinearRegression().fit(rng.standard_normal((30, 8)), rng.standard_normal(30))",
        "sklearn.cluster.KMeans(3, n_init=1, random_state=0)",
    ),
    "labelled": (
        "xr.DataArray(rng.random((n, 8)), dims=('y', 'x'), attrs={'name': 'a', 'units': '1'})",
        "xr.DataArray(rng.random((3, n, 8)), dims=('bands', 'y', 'x'), attrs={'name': 'a'})",
        "xr.DataArray(rng.random(n), dims=('time',))",
    ),
    "module": ("lambda x, *rest, **more: x",),
    "loader": ("[(rng.standard_normal((n, 8)), rng.integers(0, 3, n)) for _ in range(2)]",),
    "dataset": ("[(rng.standard_normal(8), int(rng.integers(0, 3))) for _ in range(n)]",),
    "loss": ("lambda output, target: ((output - target) ** 2).mean()",),
    "stream": ("io.StringIO('1 2 3\\n' * n)", "io.BytesIO(b'1 2 3\\n' * n)"),
    "parser": ("argparse.ArgumentParser()",),
    "logger": ("logging.getLogger('notes')",),
    "plot": ("plt.figure().add_subplot()",),
    "path": (
        "np.savetxt('data.csv', rng.standard_normal((n, 8)), delimiter=',') or 'data.csv'",
        "Path('notes.txt').write_text('some words here\\n' * n) and 'notes.txt'", "'out'", "'.'",
    ),
}  # fmt: skip
LAYERS = (
    (
        {"kernel_size", "in_channels", "out_channels", "stride", "groups"},
        "torch.nn.Conv2d(3, 3, 3, padding=1)",
    ),
    ({"in_features", "out_features", "weight"}, "torch.nn.Linear(16, 16)"),
    ({"running_mean", "running_var", "num_features"}, "torch.nn.BatchNorm2d(3)"),
    ({"num_embeddings", "embedding_dim", "weight"}, "torch.nn.Embedding(32, 16)"),
    ({"num_heads", "embed_dim", "in_proj_weight", "out_proj"}, "torch.nn.MultiheadAttention(16, 2)"),
    ({"hidden_size", "num_layers", "input_size"}, "torch.nn.LSTM(16, 16)"),
)
"""Attributes that two of tell a layer."""

import numpy as np
import pandas as pd

from codeopt import Call, workload


@workload("feature_table.py::build_features")
def orders(scale: float, seed: int) -> Call:
    rng = np.random.default_rng(seed)
    n = max(30, int(200_000 * scale))
    price = rng.gamma(2.0, 60.0, size=n)
    price[rng.random(n) < 0.02] = np.nan
    table = {
        "order": np.arange(n),
        "status": pd.Categorical.from_codes(rng.integers(3, size=n), ["paid", "sent", "cancelled"]),
        "country": pd.Categorical.from_codes(rng.integers(4, size=n), ["DE", "FR", "IT", "ES"]),
        "price": price,
        "quantity": rng.integers(1, 9, size=n),
        "discount": rng.random(n),
        "returned": rng.random(n) < 0.1,
    }
    # what tracking adds and nothing here reads
    table.update({f"visit_{i}": rng.standard_normal(n) for i in range(8)})
    return Call(args=(pd.DataFrame(table),))

"""scikit-learn estimators: parameters, fitted attributes, generators, pipelines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, SGDClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from tests.battery.pair import Family

FAMILY = Family("scikit-learn")
exact, close, lossy, differs = FAMILY.exact, FAMILY.close, FAMILY.lossy, FAMILY.differs
PAIRS = FAMILY.pairs

X = np.random.default_rng(0).normal(size=(60, 4))
Y = (X[:, 0] + 0.1 * X[:, 1] > 0).astype(int)
TEXTS = ["a cat", "a dog", "the cat"]


def fitted(make: Callable[[], Any], x: Any = X, y: Any = Y) -> Callable[[], Any]:
    return lambda: make().fit(x, y)


def touched(model: Any, name: str, change: Callable[[Any], Any]) -> Any:
    setattr(model, name, change(getattr(model, name)))
    return model


def data() -> tuple[Any, ...]:
    return X.copy(), Y.copy()


def forest(seed: Any = 0, **more: Any) -> Callable[[], Any]:
    return fitted(lambda: RandomForestClassifier(3, random_state=seed, max_depth=3, **more))


def deep(change: bool) -> Callable[[], Any]:
    def run() -> Any:
        model = forest()()
        if change:
            state = model.estimators_[2].tree_.__getstate__()
            state["nodes"]["threshold"][0] += 0.5
            model.estimators_[2].tree_.__setstate__(state)
        return model

    return run


exact("a linear model", fitted(LinearRegression), lambda: LinearRegression().fit(X.copy(), Y))
exact("a forest", forest(), forest())
exact(
    "a tree",
    fitted(lambda: DecisionTreeClassifier(random_state=0)),
    lambda: DecisionTreeClassifier(random_state=0).fit(X, Y),
)
exact("a boosted forest", fitted(lambda: HistGradientBoostingRegressor(max_iter=3)),
      fitted(lambda: HistGradientBoostingRegressor(max_iter=3)))  # fmt: skip
exact(
    "a linear model by descent",
    fitted(lambda: SGDClassifier(random_state=0)),
    fitted(lambda: SGDClassifier(random_state=0)),
)
exact("neighbours in a tree", fitted(lambda: KNeighborsClassifier(algorithm="kd_tree")),
      fitted(lambda: KNeighborsClassifier(algorithm="kd_tree")))  # fmt: skip
exact("a support vector machine", fitted(lambda: SVC(kernel="rbf")), fitted(lambda: SVC()))
exact(
    "clusters",
    fitted(lambda: KMeans(2, n_init=1, random_state=0)),
    fitted(lambda: KMeans(2, n_init=1, random_state=0)),
)
exact("a pipeline", fitted(lambda: make_pipeline(StandardScaler(), LogisticRegression())),
      fitted(lambda: make_pipeline(StandardScaler(), LogisticRegression())))  # fmt: skip
exact("a vocabulary", lambda: CountVectorizer().fit(TEXTS), lambda: CountVectorizer().fit(iter(TEXTS)))
exact("predictions", lambda x, y: LogisticRegression().fit(x, y).predict_proba(x),
      lambda x, y: LogisticRegression().fit(x, y).predict_proba(x.copy()), data)  # fmt: skip
close("a coefficient rounded otherwise", fitted(LinearRegression),
      lambda: touched(fitted(LinearRegression)(), "coef_", lambda c: c * (1 + 1e-15)))  # fmt: skip
lossy(
    "a coefficient",
    fitted(LinearRegression),
    lambda: touched(fitted(LinearRegression)(), "coef_", lambda c: c * 1.1),
)
lossy("a threshold of the last tree", deep(False), deep(True))
lossy(
    "weights of a vocabulary",
    lambda: TfidfVectorizer().fit(TEXTS),
    lambda: TfidfVectorizer().fit([*TEXTS, "a cat"]),
)
differs("a parameter", lambda: LogisticRegression(max_iter=100), lambda: LogisticRegression(max_iter=101))
differs("fitted or not", fitted(StandardScaler), StandardScaler)
differs(
    "number of features",
    fitted(StandardScaler),
    lambda: touched(fitted(StandardScaler)(), "n_features_in_", lambda n: n + 1),
)
differs("names of features", fitted(StandardScaler, pd.DataFrame({"a": [1.0, 2.0]}), None),
        fitted(StandardScaler, pd.DataFrame({"b": [1.0, 2.0]}), None))  # fmt: skip
differs("names of features or none", fitted(StandardScaler, pd.DataFrame({"a": [1.0, 2.0]}), None),
        fitted(StandardScaler, np.array([[1.0], [2.0]]), None))  # fmt: skip
differs("number of trees", forest(), lambda: touched(forest()(), "estimators_", lambda e: e[:2]))
differs("seed or generator", lambda: RandomForestClassifier(random_state=0),
        lambda: RandomForestClassifier(random_state=np.random.RandomState(0)))  # fmt: skip
differs("how far a generator is drawn", lambda: KMeans(random_state=np.random.RandomState(0)),
        lambda: KMeans(random_state=_drawn(np.random.RandomState(0))))  # fmt: skip
differs(
    "labels",
    fitted(LogisticRegression),
    lambda: touched(fitted(LogisticRegression)(), "classes_", lambda c: c + 1),
)
differs(
    "a step of a pipeline",
    lambda: make_pipeline(StandardScaler(), PCA()),
    lambda: make_pipeline(StandardScaler(with_std=False), PCA()),
)
differs(
    "names of steps",
    lambda: make_pipeline(StandardScaler()),
    lambda: _renamed(make_pipeline(StandardScaler())),
)
differs("sparse or dense output", lambda: OneHotEncoder().fit_transform([["a"], ["b"]]),
        lambda: OneHotEncoder(sparse_output=False).fit_transform([["a"], ["b"]]))  # fmt: skip
differs("an index of a vocabulary", lambda: CountVectorizer().fit(TEXTS),
        lambda: touched(CountVectorizer().fit(TEXTS), "vocabulary_", lambda v: {**v, "cat": 99}))  # fmt: skip
differs("data scaled in place", lambda x, y: StandardScaler().fit_transform(x).shape,
        lambda x, y: StandardScaler(copy=False).fit_transform(x).shape, data)  # fmt: skip
differs("keeps the data it was given", lambda x, y: KNeighborsClassifier().fit(x.copy(), y),
        lambda x, y: KNeighborsClassifier().fit(x, y), data,
        why="A later write to the data changes the model.")  # fmt: skip
differs("drawn from the global generator",
        lambda x, y: KMeans(2, n_init=1, random_state=0).fit(x).n_features_in_,
        lambda x, y: KMeans(2, n_init=1).fit(x).n_features_in_, data)  # fmt: skip
differs(
    "sparse coefficients",
    lambda: LogisticRegression().fit(X, Y),
    lambda: LogisticRegression().fit(X, Y).sparsify(),
)
differs(
    "sparse data kept as dense",
    fitted(lambda: KNeighborsClassifier(), sp.csr_matrix(X)),
    fitted(lambda: KNeighborsClassifier()),
)


def _drawn(generator: Any) -> Any:
    generator.rand()
    return generator


def _renamed(pipeline: Any) -> Any:
    pipeline.steps = [(f"my {name}", step) for name, step in pipeline.steps]
    return pipeline

"""A classifier of shops by their postal code."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder


def arguments():
    codes = np.random.default_rng(0).integers(0, 300, (8000, 1))
    return codes, (codes[:, 0] > 150).astype(int)


def run(codes, labels):
    model = make_pipeline(OneHotEncoder(sparse_output=False), LogisticRegression(max_iter=30))
    return model.fit(codes, labels).predict_proba(codes)

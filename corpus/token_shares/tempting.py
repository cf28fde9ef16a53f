"""Share of every token in every document, as input of a topic model."""

import numpy as np


def count_tokens(tokens, owners, documents, vocabulary):
    """Table of counts, one row a document."""
    pairs = owners * vocabulary + tokens
    counts = np.bincount(pairs, minlength=documents * vocabulary)
    return counts.reshape(documents, vocabulary)


def token_shares(tokens, owners, documents, vocabulary):
    """Row-wise relative frequencies; documents without tokens get zeros."""
    counts = count_tokens(tokens, owners, documents, vocabulary)
    totals = counts.sum(axis=1, keepdims=True)
    counts /= np.maximum(totals, 1)
    return counts

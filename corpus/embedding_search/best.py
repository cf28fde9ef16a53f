"""Embed queries and find the document that fits each best."""

import numpy as np

from .vectors import normalise, popularity_penalty


def embed_queries(tokens: np.ndarray, table: np.ndarray, length: int) -> np.ndarray:
    """Mean embedding of every query, `length` tokens each, given as one flat array."""
    if not np.isfinite(table).all():
        # A product with rows of ones and zeros spreads what is not a number.
        words = np.eye(len(table))[tokens] @ table
    else:
        words = table[tokens].astype(np.result_type(np.float64, table.dtype))
    return words.reshape(-1, length, table.shape[1]).mean(axis=1)


def nearest(queries: np.ndarray, documents: np.ndarray, penalty: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index and score of the best document for every query."""
    best = np.empty(len(queries), dtype=np.intp)
    scores = np.empty(len(queries))
    for start in range(0, len(queries), 64):
        rows = slice(start, start + 64)
        adjusted = queries[rows] @ documents.T
        adjusted -= penalty[np.newaxis, :]
        best[rows] = adjusted.argmax(axis=1)
        scores[rows] = adjusted.max(axis=1)
    return best, scores


def rank(
    tokens: np.ndarray,
    table: np.ndarray,
    documents: np.ndarray,
    views: np.ndarray,
    length: int = 4,
) -> tuple[np.ndarray, np.ndarray]:
    """The whole search.

    :param tokens: token numbers of all queries, one after the other
    :param table: embedding of every token
    :param documents: embedding of every document
    :param views: how often each document was read
    """
    queries = normalise(embed_queries(tokens, table, length))
    documents = normalise(documents)
    return nearest(queries, documents, popularity_penalty(views))

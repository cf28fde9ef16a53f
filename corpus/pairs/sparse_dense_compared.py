"""Whether a graph goes both ways."""

import scipy.sparse


def arguments():
    half = scipy.sparse.random(1500, 1500, density=0.002, format="csr", random_state=0)
    return (half + half.T,)


def run(graph):
    if (graph.toarray() == graph.T.toarray()).all():
        return "both ways"
    return "one way"

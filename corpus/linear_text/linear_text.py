"""Online spam filter: word counts and a linear model trained by stochastic gradient descent."""

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import SGDClassifier


def train(messages, spam, seed=0):
    """Fit vectorizer and model."""
    vectorizer = CountVectorizer()
    counts = vectorizer.fit_transform(messages).toarray()
    model = SGDClassifier(loss="log_loss", alpha=1e-4, max_iter=5, tol=None, random_state=seed)
    model.fit(counts, spam)
    return vectorizer, model


def spam_scores(messages, spam, incoming, seed=0):
    """Decision value of every incoming message; above zero means spam."""
    vectorizer, model = train(messages, spam, seed)
    scores = model.decision_function(vectorizer.transform(incoming))
    return np.round(scores, 6)

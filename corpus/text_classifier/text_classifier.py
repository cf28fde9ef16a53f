"""Topic classification of short texts: tf-idf, logistic regression, the words that decide."""

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression


def vectorise(train_texts, test_texts):
    """Document vectors of both sets, with the vocabulary of the first."""
    vectorizer = TfidfVectorizer(sublinear_tf=True)
    train = vectorizer.fit_transform(train_texts).toarray()
    test = vectorizer.transform(test_texts).toarray()
    return train, test, vectorizer.get_feature_names_out()


def telling_words(model, words, count=5):
    """The words that speak most for the last class."""
    order = np.argsort(model.coef_[-1])[::-1]
    return [str(word) for word in words[order[:count]]]


def train_and_score(train_texts, train_topics, test_texts, test_topics):
    """Fit on one set, score on the other.

    Returns a dictionary with the accuracy, the predicted probabilities and
    the most telling words.
    """
    train, test, words = vectorise(train_texts, test_texts)
    model = LogisticRegression(C=4.0, max_iter=60)
    model.fit(train, train_topics)
    probabilities = model.predict_proba(test)
    predicted = model.classes_[probabilities.argmax(axis=1)]
    accuracy = float(np.mean(predicted == np.asarray(test_topics)))
    return {
        "accuracy": accuracy,
        "probabilities": probabilities,
        "words": telling_words(model, words),
    }

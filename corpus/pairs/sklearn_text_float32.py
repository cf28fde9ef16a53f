"""The texts most like the first one."""

from sklearn.feature_extraction.text import HashingVectorizer

TEXTS = [" ".join(f"w{(i * k) % 5003}" for k in range(60)) for i in range(2500)]


def arguments():
    return (TEXTS,)


def run(texts):
    features = HashingVectorizer().fit_transform(texts)
    likeness = (features @ features[7].T).toarray().ravel()
    return int((likeness > 0.31).sum())

"""Nearest-document search over averaged word embeddings."""

from .ranking import rank
from .vectors import normalise

__all__ = ["normalise", "rank"]

"""Labelled rewrites of programs of the corpus and of functions of public packages, and their judging."""

"""Searching sets of sites: the archive tries, strategies ask and are told."""

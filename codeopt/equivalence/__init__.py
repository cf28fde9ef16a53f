"""Deciding that a candidate behaves as the original does: inputs, observation, comparison."""

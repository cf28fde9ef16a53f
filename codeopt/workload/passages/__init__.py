"""What tests, examples and documentation do before a call, as texts that stand on their own."""

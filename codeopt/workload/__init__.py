"""Where the calls come from with which a target is measured and proven."""

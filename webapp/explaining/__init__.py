"""Why is this 47? The number of a level, taken apart and told backwards."""

"""Does a test guard what it says it guards? Break the line and see.

``patches.toml`` lists one-line patches and the tests that each must turn red. ``nox -s sabotage``
applies them one at a time to a copy of the tree, never to the tree itself, and fails if a test
stays green, if a patch no longer matches the code, or if a test is not green to begin with.
"""

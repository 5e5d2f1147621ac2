"""Does a test guard what it says it guards? Break the line and see.

``patches/`` lists one-line patches and the tests that each must turn red, a file for each package.
``nox -s sabotage`` applies them one at a time to a copy of the tree, never to the tree itself, and
fails if a test stays green, if a patch no longer matches the code, or if a test is not green to
begin with.

One table a patch. Each test it names must turn red when ``old``, which occurs exactly once in
``file``, is replaced by ``new``. Name the promise that breaks, not the line::

    [[patch]]
    name = "an expired reservation counts as active"
    file = "commerce_core/inventory/reservations.py"
    old = "expires_at > as_of"
    new = "expires_at >= as_of"
    tests = ["commerce_core/tests/inventory/test_reservations.py::test_it_expires_at_its_second"]
"""

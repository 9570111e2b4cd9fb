import doctest
import importlib
import inspect
import pkgutil

import pytest

import keniki.analysis

pytestmark = pytest.mark.slow

MODULES = [
    info.name
    for info in pkgutil.walk_packages(keniki.analysis.__path__, "keniki.analysis.")
    if ".tests" not in info.name
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_are_true(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_every_public_function_has_an_example(name):
    module = importlib.import_module(name)
    without = [
        function.__name__
        for function in vars(module).values()
        if inspect.isfunction(function)
        and function.__module__ == name
        and not function.__name__.startswith("_")
        and ">>>" not in (function.__doc__ or "")
    ]
    assert without == []


def test_the_package_knows_neither_django_nor_files():
    for name in MODULES:
        source = inspect.getsource(importlib.import_module(name))
        assert "django" not in source
        assert "open(" not in source

"""The type checker that the tests put around every pure function."""

from beartype import BeartypeConf, beartype

# an int where a float is declared is right, as it is for mypy
checked = beartype(conf=BeartypeConf(is_pep484_tower=True))

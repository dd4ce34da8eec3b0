"""Published figures beside what comes out here: the rows of `python -m bench results`, one function each, by family.

`row` says what a row is, `shelf` stores results. `digits` has the networks of 1998 on MNIST, `first_training` what learnt
before deep networks (cascade-correlation, second-order methods, optimal brain damage), `deep` what made deep ones learn,
`lags` the LSTM of 1997, `language` characters. The rows use the public interface only: they show how the models are used.
"""

from . import deep, digits, first_training, lags, language

ROWS = [row for family in (digits, first_training, deep, lags, language) for row in family.ROWS]

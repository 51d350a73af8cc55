from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt
import pytest
from typing_extensions import TypeAliasType

from explorer.core.declared import number_of, parts_of

Number = TypeVar("Number", bound=np.generic)
Numbers = TypeAliasType("Numbers", np.ndarray[Any, np.dtype[Number]], type_params=(Number,))
Word = TypeAliasType("Word", Literal["a", "b"])


@pytest.mark.parametrize("array", [npt.NDArray, Numbers], ids=["as NumPy declares it", "as an alias"])
@pytest.mark.parametrize("number", [np.int64, np.float32])
def test_an_array_is_one_however_its_type_is_written(array, number):
    origin, inner = parts_of(array[number])
    assert (origin, number_of(inner)) == (np.ndarray, number)


def test_an_array_of_any_numbers_is_one():
    origin, inner = parts_of(npt.NDArray[Any])
    assert (origin, number_of(inner)) == (np.ndarray, Any)


def test_other_types_have_the_parts_that_typing_says():
    assert parts_of(Word) == (Literal, ("a", "b"))
    assert parts_of(tuple[int, ...]) == (tuple, (int, ...))
    assert parts_of(int) == (None, ())

from __future__ import annotations

import numpy as np
import pytest

from models.data import ImageData


@pytest.fixture(scope="session")
def clothes(fashion_pictures: np.ndarray) -> ImageData:
    """300 real pictures, uint8 (300, 28, 28, 1)."""
    return ImageData("clothes", fashion_pictures[:300])

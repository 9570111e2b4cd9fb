"""Pictures in Word files; SVG goes in as PNG, because older Word versions know no SVG."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from docx.shared import Mm
from PIL import Image as Pillow

from keniki.press.blocks import Image, printable
from keniki.press.images import raster


def add_picture(
    paragraph: Any, image: Image, number: int, *, width_mm: float, height_mm: float | None = None
) -> None:
    """Fit the picture into the box, keeping its shape, with its alternative text; `number` counts on."""
    data = raster(image.data)
    with Pillow.open(BytesIO(data)) as opened:
        across, down = opened.size
    width = width_mm
    if height_mm is not None:
        width = min(width_mm, height_mm * across / down)
    shape = paragraph.add_run().add_picture(BytesIO(data), width=Mm(width))
    properties = shape._inline.docPr
    properties.set("id", str(number))
    properties.set("name", f"図{number}")
    properties.set("descr", printable(image.alt))

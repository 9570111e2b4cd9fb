"""Photos as people send them: checked by content, cleaned of EXIF and comments, made small enough."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from PIL import Image, ImageCms, ImageOps

from keniki.core.errors import WrongInput

MAX_BYTES: Final = 20 * 1024 * 1024
MAX_PIXELS: Final = 60_000_000
_FORMATS: Final = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_OPENED: Final = ("JPEG", "PNG", "WEBP")
_HEIC_BRANDS: Final = (b"heic", b"heix", b"mif1", b"msf1", b"hevc")


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """What a picture file is, by its content: media type and size in pixels as seen (after turning)."""

    media_type: str
    width: int
    height: int


def inspect_photo(data: bytes, *, file: str | None = None) -> PhotoFacts:
    """Check that `data` is a whole JPEG, PNG or WebP within the limits (20 MB, 60 million pixels).

    Raises `WrongInput` with what to do; the file's name and declared type are not believed.
    """
    with _opened(data, file) as image:
        turned = ImageOps.exif_transpose(image)
        return PhotoFacts(_FORMATS[str(image.format)], turned.width, turned.height)


def public_copy(data: bytes, *, longest: int = 2000, file: str | None = None) -> bytes:
    """A copy to publish: upright, sRGB, at most `longest` pixels a side, no EXIF, GPS or comments left.

    PNG stays PNG (flyers stay sharp), everything else becomes JPEG; the same input gives the same bytes.
    """
    with _opened(data, file) as image:
        return _saved(_prepared(image, longest), png=image.format == "PNG")


def thumbnail(data: bytes, *, longest: int = 360, file: str | None = None) -> bytes:
    """A small JPEG for lists, as clean as the public copy."""
    with _opened(data, file) as image:
        return _saved(_prepared(image, longest), png=False)


def raster(data: bytes) -> bytes:
    """JPEG and PNG as they are, SVG as PNG, for formats that know no SVG."""
    from keniki.press.charts import svg_to_png
    from keniki.press.layout import image_kind

    return svg_to_png(data) if image_kind(data) == "svg" else data


class _opened:
    """A decoded picture, or `WrongInput`; pixels are counted from the head before anything is decoded."""

    def __init__(self, data: bytes, file: str | None) -> None:
        self.data = data
        self.file = file

    def __enter__(self) -> Any:
        if len(self.data) > MAX_BYTES:
            megabytes = len(self.data) / 1024 / 1024
            raise self._wrong(f"画像が大きすぎます（{megabytes:.1f} MB、上限20 MB）。縮小してください。")
        if self.data[4:8] == b"ftyp" and self.data[8:12] in _HEIC_BRANDS:
            raise self._wrong("HEIC形式の写真は読めません。JPEG形式で書き出してください。")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                self.image = Image.open(BytesIO(self.data), formats=_OPENED)
                if self.image.width * self.image.height > MAX_PIXELS:
                    raise Image.DecompressionBombError
                self.image.load()
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise self._wrong("画像の画素数が多すぎます（上限6,000万画素）。縮小してください。") from None
        except Image.UnidentifiedImageError:
            raise self._wrong("画像として読めません。JPEG、PNG、WebPのいずれかにしてください。") from None
        except (OSError, ValueError, SyntaxError, MemoryError):
            raise self._wrong("画像ファイルが壊れています。元の写真をもう一度選んでください。") from None
        return self.image

    def __exit__(self, *_: object) -> None:
        self.image.close()

    def _wrong(self, message: str) -> WrongInput:
        return WrongInput(message, file=self.file)


def _prepared(image: Any, longest: int) -> Any:
    turned = ImageOps.exif_transpose(image)
    plain = _srgb(turned, image.info.get("icc_profile"))
    if max(plain.size) > longest:
        plain.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    clean = Image.new(plain.mode, plain.size)
    clean.paste(plain)
    return clean


def _srgb(image: Any, profile: bytes | None) -> Any:
    """Red, green and blue on white, in sRGB where the picture says what its colours mean."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        image = Image.alpha_composite(ground, layer)
    if profile and image.mode in ("RGB", "CMYK"):
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None
        if converted is not None:
            return converted
    return image.convert("RGB")


def _saved(image: Any, *, png: bool) -> bytes:
    out = BytesIO()
    if png:
        image.save(out, "PNG", optimize=True)
    else:
        image.save(out, "JPEG", quality=88, optimize=True, progressive=False, subsampling=1)
    return out.getvalue()
